#include "grimoire/app/cli/terminal.h"

#include <algorithm>
#include <cerrno>
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

size_t columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// All of it, also into a pipe that was set not to block. Gives errno, 0 when it is written.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), std::min<size_t>(text.size(), 1 << 20));
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}
}  // namespace

Terminal::Terminal(std::function<bool()> stop, std::function<void(bool)> save_first) : stop_(std::move(stop)), save_first_(std::move(save_first)) {
  const char* term = std::getenv("TERM");
  redraws_ = isatty(STDERR_FILENO) && (!term || std::strcmp(term, "dumb") != 0);
}

Terminal::~Terminal() { clear_live(); }

void Terminal::clear_live() {
  if (drawn_) write_all(STDERR_FILENO, "\r\033[K");
  drawn_ = false;
}

void Terminal::put(const std::string& text) {
  clear_live();
  const int code = write_all(STDOUT_FILENO, text);
  if (code == 0) return;
  lost_ = true;
  if (code == EPIPE) throw BrokenPipe();
  throw Error(ErrorKind::resource, str("cannot write to standard output: {}", code == EBADF ? "it is closed" : std::strerror(code)),
              code == ENOSPC ? "the output is incomplete: free some space, then run it again" : "the output is incomplete");
}

void Terminal::data(const std::string& text) {
  if (!json_) put(text);  // with --json stdout belongs to the result
}

void Terminal::result(const Json& object) { put(object.dump() + "\n"); }

void Terminal::say(const std::string& line) {
  clear_live();
  write_all(STDERR_FILENO, line + "\n");
}

void Terminal::live(const std::string& line) {
  if (redraws_) {
    write_all(STDERR_FILENO, "\r\033[K" + line.substr(0, columns() - 1));
    drawn_ = true;
    return;
  }
  const double now = monotonic_seconds();
  if (now - last_plain_ < kPlainSeconds) return;
  last_plain_ = now;
  write_all(STDERR_FILENO, line + "\n");
}

}  // namespace grim
