// The command line: turns argv into settings of a Command, a Command's words into text, an Error into one sentence and an exit
// code: 0 done, 1 failed, 2 usage, 3 input, 4 resources (output that could not be written too), 128 + signal when one ended it.

#include "grimoire/app/program.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "grimoire/app/cli/environment.h"
#include "grimoire/app/cli/terminal.h"
#include "grimoire/app/cli/usage.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/command.h"
#include "grimoire/command/flag_words.h"
#include "grimoire/device/instructions.h"

namespace grim {
namespace {

volatile std::sig_atomic_t caught_signal = 0, saves_first = 0;

// Async-signal-safe: what was begun is removed, and the shell learns which signal it was.
[[noreturn]] void end_now(int number) {
  remove_temporaries();
  constexpr char kWords[] = "\nstopped\n";
  if (write(STDERR_FILENO, kWords, sizeof(kWords) - 1)) {
  }
  _exit(128 + number);
}

void on_signal(int number) {
  if (caught_signal || !saves_first) end_now(number);  // asked twice, or nothing would be lost
  caught_signal = number;
}

void set_saves_first(bool on) {
  saves_first = on;
  if (!on && caught_signal) end_now(caught_signal);
}

bool take_interrupt() {
  if (caught_signal != SIGINT) return false;
  caught_signal = 0;
  return true;
}

// Handlers run on a stack of their own: oneDNN's generated matrix kernels use the stack pointer for other things, and a handler
// on the ordinary stack would write its frame into the heap. Worker threads take no signals at all (device/threads.cpp).
void catch_signals() {
  static char stack_memory[64 * 1024];
  stack_t stack = {};
  stack.ss_sp = stack_memory;
  stack.ss_size = sizeof(stack_memory);
  sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  for (int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
  for (int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);  // the write itself says what is wrong: EPIPE, EFBIG
}

// A descriptor that we were started without would go to the first file that is opened, which would then receive our words. In its
// place stands one that can do nothing: reading from 0 and writing to 1 and 2 fail.
void fill_standard_descriptors() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    while (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
      if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) _exit(4);
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: case ErrorKind::argument: return 2;
    case ErrorKind::input: return 3;
    case ErrorKind::resource: return 4;
    default: return 1;
  }
}

const char* name_of(ErrorKind kind) {
  constexpr const char* names[] = {"shape", "dtype", "argument", "usage", "input", "resource", "numeric", "state"};
  return names[static_cast<int>(kind)];
}

int tell(Terminal& terminal, const Error& e) {
  terminal.say(std::string("error: ") + e.what());
  if (!e.hint().empty()) terminal.say("hint: " + e.hint());
  const int code = caught_signal ? 128 + caught_signal : exit_code(e.kind());
  if (terminal.json() && !terminal.lost()) {
    try {
      terminal.result(Json::object({{"error", e.what()}, {"kind", name_of(e.kind())}, {"hint", e.hint()}, {"exit_code", code}}));
    } catch (...) {  // it has been said on stderr
    }
  }
  return code;
}

// "stats anova": all options of a command, or of one of its forms; no words: what commands there are.
std::string help_on(const std::vector<std::unique_ptr<Command>>& commands, std::vector<std::string> words) {
  std::erase(words, "--json");
  if (words.empty()) return help_of_all(commands);
  Command& command = command_named(commands, words[0]);
  words.push_back("--help-all");
  parse_words(command, {words.begin() + 1, words.end()});
  return help_of(command, HelpDepth::all);
}

int run(const std::vector<std::string>& words, Terminal& terminal) {
  std::vector<std::unique_ptr<Command>> commands = all_commands();
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
    terminal.set_json(asks_for_json(words));  // of an unknown command
    const std::string text = words.empty() ? help_of_all(commands) : help_on(commands, {words.begin() + 1, words.end()});
    terminal.set_json(false);
    terminal.data(text);
    return words.empty() ? 2 : 0;
  }
  terminal.set_json(asks_for_json(words));  // also for what is wrong with the words themselves
  if (words[0] == "--version") {
    if (words.size() > 1) throw Error(ErrorKind::usage, str("'{}' is one word too many", words[1]), "--version stands alone");
    terminal.data(std::string("grimoire ") + GRIM_VERSION + "\n");
    return 0;
  }
  Command& command = command_named(commands, words[0]);
  const Parsed parsed = parse_words(command, {words.begin() + 1, words.end()});
  terminal.set_json(parsed.json && !parsed.help);
  if (parsed.help) {
    terminal.data(help_of(command, *parsed.help));
    return 0;
  }
  check_environment(commands);
  try {
    command.set(parsed.settings);
    const int code = command.run(terminal);
    return caught_signal ? 128 + caught_signal : code;
  } catch (const Error& e) {
    const Options flags = command.form().empty() ? every_option(command) : command.options();
    throw Error(e.kind(), with_flags(e.what(), flags), with_flags(e.hint(), flags));
  }
}

}  // namespace

int run_program(int argc, char** argv) {
  fill_standard_descriptors();
  catch_signals();
  Terminal terminal({[] { return caught_signal != 0; }, set_saves_first, take_interrupt});
  try {
    device::limit_instructions();
    return run({argv + 1, argv + argc}, terminal);
  } catch (const NobodyReads&) {
    return 128 + (caught_signal ? caught_signal : SIGPIPE);  // quietly: whoever read our output has had enough
  } catch (const Error& e) {
    return tell(terminal, e);
  } catch (const std::bad_alloc&) {
    return tell(terminal, Error(ErrorKind::resource, "out of memory", "a smaller batch, or fewer rows, need less"));
  } catch (const std::exception& e) {
    return tell(terminal, Error(ErrorKind::state, e.what()));
  }
}

}  // namespace grim
