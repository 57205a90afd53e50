#include "grimoire/app/cli/terminal.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

#include "grimoire/base/clock.h"

namespace grim {
namespace {
constexpr double kPlainSeconds = 5;

size_t columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}
}  // namespace

Terminal::Terminal(std::function<bool()> stop, std::function<void(bool)> at_once) : stop_(std::move(stop)), at_once_(std::move(at_once)) {
  const char* term = std::getenv("TERM");
  redraws_ = isatty(STDERR_FILENO) && (!term || std::strcmp(term, "dumb") != 0);
}

Terminal::~Terminal() { clear_live(); }

void Terminal::clear_live() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void Terminal::data(const std::string& text) {
  clear_live();
  if (json_) return;  // with --json stdout belongs to the result
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void Terminal::say(const std::string& line) {
  clear_live();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void Terminal::live(const std::string& line) {
  if (redraws_) {
    std::fprintf(stderr, "\r\033[K%s", line.substr(0, columns() - 1).c_str());
    std::fflush(stderr);
    drawn_ = true;
    return;
  }
  const double now = monotonic_seconds();
  if (now - last_plain_ < kPlainSeconds) return;
  last_plain_ = now;
  std::fprintf(stderr, "%s\n", line.c_str());
}

void Terminal::result(const Json& object) {
  clear_live();
  std::printf("%s\n", object.dump().c_str());
  std::fflush(stdout);
}

}  // namespace grim
