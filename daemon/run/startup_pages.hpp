#pragma once

namespace nodeportd {

// Gives back the memory that only the start has needed: what the heap has free, and the mapped code
// and constants of the program and its libraries. What is used again comes back out of the page
// cache as it is used, a soft fault per 64 KiB: the loader, the readers of the configuration and of
// rules, OpenSSL's and SQLite's set-up never do. Any thread, at any time.
void give_back_startup_pages();

}  // namespace nodeportd
