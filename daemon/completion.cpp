#include "daemon/completion.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace nodeportd {
namespace {

// For a shell's single quotes. Its own way out of them is `'\''`, in fish also `\'`.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c == '\n' ? ' ' : c;
    }
  }
  return result + "'";
}

// Words as one.
std::string in_quotes(const std::vector<std::string>& words) {
  return shell_quoted(fmt::format("{}", fmt::join(words, " ")));
}

void collect(const OfferedVerb& verb, std::vector<const OfferedVerb*>& all) {
  all.push_back(&verb);
  for (const OfferedVerb& each : verb.verbs) collect(each, all);
}

// The program and all verbs below it.
std::vector<const OfferedVerb*> all_verbs(const OfferedVerb& program) {
  std::vector<const OfferedVerb*> all;
  collect(program, all);
  return all;
}

// `'deadletters/resend'`: a verb behind the one that it belongs to.
std::string steps(const OfferedVerb& program, std::string_view between) {
  std::vector<std::string> steps;
  for (const OfferedVerb* verb : all_verbs(program)) {
    for (const OfferedVerb& each : verb->verbs) {
      steps.push_back(shell_quoted(verb->path + '/' + each.name));
    }
  }
  return fmt::format("{}", fmt::join(steps, between));
}

// Bash and zsh: `PATTERNS) ACTION ;;` for each option that takes a value.
template <typename Action>
std::string value_cases(const OfferedVerb& program, Action action) {
  std::string cases;
  for (const OfferedVerb* verb : all_verbs(program)) {
    for (const OfferedOption& option : verb->options) {
      if (!option.takes_value) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) {
        patterns.push_back(shell_quoted(verb->path + ' ' + name));
      }
      cases += fmt::format("    {}) {} ;;\n", fmt::join(patterns, " | "), action(option.value));
    }
  }
  return cases;
}

std::string bash_script(const OfferedVerb& program) {
  const auto reply = [](const Offer& offer) -> std::string {
    if (offer.kind == Offer::Kind::files) return "_nodeportd_files; return";
    if (offer.kind == Offer::Kind::nothing) return "return";
    return "words=" + in_quotes(offer.words);
  };
  std::string cases;
  for (const OfferedVerb* verb : all_verbs(program)) {
    std::vector<std::string> verbs;
    std::vector<std::string> options;
    for (const OfferedVerb& each : verb->verbs) verbs.push_back(each.name);
    for (const OfferedOption& option : verb->options) {
      options.insert(options.end(), option.names.begin(), option.names.end());
    }
    if (verb->operand.kind == Offer::Kind::words) verbs = verb->operand.words;
    cases += fmt::format("        {}) verbs={} options={} files={} ;;\n", shell_quoted(verb->path),
                         in_quotes(verbs), in_quotes(options),
                         verb->operand.kind == Offer::Kind::files ? "yes" : "");
  }
  return fmt::format(R"(# bash completion for nodeportd; `nodeportd completion bash` prints it.
_nodeportd_files() {{
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}}
_nodeportd() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}}
  local verb='' words='' verbs='' options='' files='' i
  # bash takes `--format=json` for three words.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$verb/${{COMP_WORDS[i]}}" in
      {}) verb+=${{verb:+ }}${{COMP_WORDS[i]}} ;;
    esac
  done
  COMPREPLY=()
  case "$verb $prev" in
{}    *)
      case $verb in
{}      esac
      if [[ $cur == -* ]]; then
        words=$options
      elif [[ $files ]]; then
        _nodeportd_files
        return
      else
        words=$verbs
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}}
complete -F _nodeportd nodeportd
)",
                     steps(program, " | "), value_cases(program, reply), cases);
}

std::string zsh_script(const OfferedVerb& program) {
  const auto reply = [](const Offer& offer) -> std::string {
    if (offer.kind == Offer::Kind::files) return "_files; return";
    if (offer.kind == Offer::Kind::nothing) return "return";
    return fmt::format("compadd -- {}; return", fmt::join(offer.words, " "));
  };
  std::string cases;
  for (const OfferedVerb* verb : all_verbs(program)) {
    std::vector<std::string> verbs;
    std::vector<std::string> options;
    for (const OfferedVerb& each : verb->verbs) {
      verbs.push_back(shell_quoted(each.name + ':' + each.about));
    }
    for (const std::string& word : verb->operand.words) verbs.push_back(shell_quoted(word));
    for (const OfferedOption& option : verb->options) {
      for (const std::string& name : option.names) {
        options.push_back(shell_quoted(name + ':' + option.about));
      }
    }
    cases += fmt::format("    {})\n      verbs=({})\n      options=({})\n      files={} ;;\n",
                         shell_quoted(verb->path), fmt::join(verbs, " "), fmt::join(options, " "),
                         verb->operand.kind == Offer::Kind::files ? "yes" : "''");
  }
  return fmt::format(R"(#compdef nodeportd
# zsh completion for nodeportd; `nodeportd completion zsh` prints it.
_nodeportd() {{
  local verb='' prev=${{words[CURRENT - 1]}} files='' i
  local -a verbs options
  if [[ $PREFIX == --*=* ]]; then
    prev=${{PREFIX%%=*}}
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    case "$verb/$words[i]" in
      {}) verb+=${{verb:+ }}$words[i] ;;
    esac
  done
  case "$verb $prev" in
{}  esac
  case $verb in
{}  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
  elif [[ -n $files ]]; then
    _files
  elif (( $#verbs )); then
    _describe verb verbs
  fi
}}
if [[ $funcstack[1] == _nodeportd ]]; then
  _nodeportd "$@"
else
  compdef _nodeportd nodeportd
fi
)",
                     steps(program, " | "), value_cases(program, reply), cases);
}

std::string fish_option(const OfferedVerb& verb, const OfferedOption& option) {
  std::string line = fmt::format("complete -c nodeportd -n {}",
                                 shell_quoted("__nodeportd_at " + shell_quoted(verb.path)));
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes_value) line += option.value.kind == Offer::Kind::files ? " -rF" : " -x";
  if (!option.value.words.empty()) line += " -a " + in_quotes(option.value.words);
  return line + " -d " + shell_quoted(option.about) + '\n';
}

std::string fish_script(const OfferedVerb& program) {
  std::string lines;
  for (const OfferedVerb* verb : all_verbs(program)) {
    const std::string here = fmt::format(
        "complete -c nodeportd -n {}", shell_quoted("__nodeportd_at " + shell_quoted(verb->path)));
    for (const OfferedVerb& each : verb->verbs) {
      lines += fmt::format("{} -a {} -d {}\n", here, each.name, shell_quoted(each.about));
    }
    if (!verb->operand.words.empty()) {
      lines += fmt::format("{} -a {}\n", here, in_quotes(verb->operand.words));
    }
    if (verb->operand.kind == Offer::Kind::files) lines += here + " -F\n";
    for (const OfferedOption& option : verb->options) lines += fish_option(*verb, option);
  }
  return fmt::format(R"(# fish completion for nodeportd; `nodeportd completion fish` prints it.
function __nodeportd_at
  set -l verb ''
  set -l given (commandline -opc)
  for word in $given[2..]
    switch "$verb/$word"
      case {}
        set verb (string trim "$verb $word")
    end
  end
  test "$verb" = "$argv[1]"
end
complete -c nodeportd -f
{})",
                     steps(program, " "), lines);
}

}  // namespace

std::string completion_script(const OfferedVerb& program, std::string_view shell) {
  if (shell == "zsh") return zsh_script(program);
  if (shell == "fish") return fish_script(program);
  return bash_script(program);
}

}  // namespace nodeportd
