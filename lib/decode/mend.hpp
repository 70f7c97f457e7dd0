#pragma once

#include <cstddef>

namespace nodeportd {

// Go's decoder takes two things that RapidJSON refuses, and a patch body reaches the log as its
// client wrote it. So that nobody can write a line we cannot read, they are mended in the
// reader's own copy of the record; offsets stay what they were.

// Each `\uD800` to `\uDFFF` that is no half of a pair becomes `\ufffd`, as Go reads it.
void mend_surrogates(char* text, std::size_t size);

// Each well-formed number becomes `0` and blanks: RapidJSON refuses what a double cannot hold
// (`1e999`, 400 digits) even when it hands numbers on as text.
void blank_numbers(char* text, std::size_t size);

}  // namespace nodeportd
