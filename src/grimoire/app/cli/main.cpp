// The command line: turns argv into settings of a Command, a Command's words into text, an Error into one sentence and an exit
// code (0 ok, 1 failed, 2 usage, 3 input, 4 resources, 128 + signal when stopped by one).

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include <unistd.h>

#include "grimoire/app/cli/terminal.h"
#include "grimoire/app/cli/usage.h"
#include "grimoire/base/error.h"
#include "grimoire/command/command.h"

namespace grim {
namespace {

volatile std::sig_atomic_t caught_signal = 0, at_once = 0;

void on_signal(int number) {
  if (at_once) {
    constexpr char kWords[] = "\nstopped; nothing was written\n";
    if (write(2, kWords, sizeof(kWords) - 1)) {
    }
  }
  if (caught_signal || at_once) _exit(128 + number);  // asked twice, or nothing would be lost: now
  caught_signal = number;
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
  std::signal(SIGPIPE, SIG_IGN);
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: case ErrorKind::argument: return 2;
    case ErrorKind::input: return 3;
    case ErrorKind::resource: return 4;
    default: return 1;
  }
}

int tell(Terminal& terminal, const Error& e) {
  terminal.say(std::string("error: ") + e.what());
  if (!e.hint().empty()) terminal.say("hint: " + e.hint());
  return exit_code(e.kind());
}

int run(const std::vector<std::string>& words, Terminal& terminal) {
  std::vector<std::unique_ptr<Command>> commands = all_commands();
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
    terminal.data(words.size() > 1 && words[0] == "help" ? help_of(command_named(commands, words[1]), HelpDepth::all) : help_of_all(commands));
    return words.empty() ? 2 : 0;
  }
  if (words[0] == "--version") {
    terminal.data(std::string("grimoire ") + GRIM_VERSION + "\n");
    return 0;
  }
  Command& command = command_named(commands, words[0]);
  const Parsed parsed = parse_words(command, {words.begin() + 1, words.end()});
  if (parsed.help) {
    terminal.data(help_of(command, *parsed.help));
    return 0;
  }
  terminal.set_json(parsed.json);
  command.set(parsed.settings);
  const int code = command.run(terminal);
  return caught_signal ? 128 + caught_signal : code;
}

}  // namespace
}  // namespace grim

int main(int argc, char** argv) {
  grim::catch_signals();
  grim::Terminal terminal([] { return grim::caught_signal != 0; }, [](bool on) { grim::at_once = on; });
  try {
    return grim::run({argv + 1, argv + argc}, terminal);
  } catch (const grim::Error& e) {
    const int code = grim::tell(terminal, e);
    return grim::caught_signal ? 128 + grim::caught_signal : code;
  } catch (const std::bad_alloc&) {
    return grim::tell(terminal, grim::Error(grim::ErrorKind::resource, "out of memory", "a smaller --batch-size, or fewer rows, need less"));
  } catch (const std::exception& e) {
    return grim::tell(terminal, grim::Error(grim::ErrorKind::state, e.what()));
  }
}
