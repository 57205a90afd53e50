#include "grimoire/app/cli/terminal.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"

namespace grim {
namespace {
constexpr double kPlainSeconds = 5;

int columns(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// All of it, as far as it is wanted: a reader that pauses is waited for, but not long once `stop` says that we are to end. Gives errno,
// EINTR for a wait that was given up, 0 when it is written. Pieces of PIPE_BUF do not block where poll sees room.
int write_all(int fd, std::string_view text, const std::function<bool()>& stop) {
  constexpr int kSlice = 100, kPatience = 4;  // milliseconds, slices
  for (int waited = 0; !text.empty();) {
    pollfd room{fd, POLLOUT, 0};
    const int ready = poll(&room, 1, kSlice);
    if (ready <= 0) {
      if (ready < 0 && errno != EINTR) return errno;
      if (stop() && ++waited >= kPatience) return EINTR;
      continue;
    }
    const ssize_t n = write(fd, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (n >= 0) text.remove_prefix(static_cast<size_t>(n));
    else if (errno != EAGAIN && errno != EINTR) return errno;
  }
  return 0;
}
}  // namespace

Terminal::Terminal(Signals signals) : signals_(std::move(signals)) {
  const char* term = std::getenv("TERM");
  const bool able = !term || std::strcmp(term, "dumb") != 0;
  redraws_ = isatty(STDERR_FILENO) && able;
  style_ = {.width = std::clamp(columns(STDOUT_FILENO), 40, 120), .styled = isatty(STDOUT_FILENO) && able && !std::getenv("NO_COLOR")};
}

Terminal::~Terminal() { clear_live(); }

void Terminal::clear_live() {
  if (drawn_) words("\r\033[K");
  drawn_ = false;
}

void Terminal::put(const std::string& text) {
  clear_live();
  const int code = write_all(STDOUT_FILENO, text, signals_.stop);
  if (code == 0) return;
  lost_ = true;
  if (code == EPIPE || code == EINTR) throw NobodyReads();
  throw Error(ErrorKind::resource, str("cannot write to standard output: {}", code == EBADF ? "it is closed" : std::strerror(code)),
              code == ENOSPC ? "the output is incomplete: free some space, then run it again" : "the output is incomplete");
}

void Terminal::data(const std::string& text) {
  if (!json_) put(text);  // with --json stdout belongs to the result
}

void Terminal::result(const Json& object) { put(object.dump() + "\n"); }
void Terminal::result_part(const std::string& text) { put(text); }

std::optional<std::string> Terminal::ask(const std::string& prompt) {
  if (json_) words(prompt);
  else put(prompt);
  std::string line;
  for (char c; ;) {
    const ssize_t n = read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return line.empty() ? std::nullopt : std::optional(line);
    if (c == '\n') break;
    line += c;
  }
  if (line.ends_with('\r')) line.pop_back();
  if (!has_person() && !json_) put(line + "\n");  // so that a transcript reads as a terminal does
  return line;
}

bool Terminal::has_person() const { return isatty(STDIN_FILENO) != 0; }

void Terminal::words(const std::string& text) {
  if (!unheard_) unheard_ = write_all(STDERR_FILENO, text, signals_.stop) == EINTR;
}

void Terminal::say(const std::string& line) {
  clear_live();
  words(line + "\n");
}

void Terminal::live(const std::string& line) {
  if (redraws_) {
    words("\r\033[K" + line.substr(0, static_cast<size_t>(columns(STDERR_FILENO)) - 1));
    drawn_ = true;
    return;
  }
  const double now = monotonic_seconds();
  if (now - last_plain_ < kPlainSeconds) return;
  last_plain_ = now;
  words(line + "\n");
}

}  // namespace grim
