// What a template may use up: a template comes with a model from anywhere, and a few lines of it can ask for hours or for all memory there is.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "grimoire/base/error.h"

namespace grim::jinja {

struct Limits {
  int64_t steps = 4'000'000;           // statements and expressions evaluated, items passed, bytes read or copied in bulk: about 0.5 s
  int64_t live_bytes = 24 << 20;       // held by values and output at one time
  size_t output_bytes = 8 << 20;       // rendered, by the whole template or by one macro
  int depth = 400;                     // of the template's tree
  int run_depth = 1000;                // statements, expressions and macro calls inside one another while it runs
  int value_depth = 200;               // lists and dictionaries inside one another
  size_t template_bytes = 256 << 10;   // some hundred times that in memory, when it is nothing but operands
  size_t names = 256;                  // arguments of one call
};

// A problem whose place in the template is not known yet; the evaluator makes an Error of it.
struct Fault : std::runtime_error {
  explicit Fault(const std::string& message, ErrorKind k = ErrorKind::input, std::string h = "") : std::runtime_error(message), kind(k), hint(std::move(h)) {}
  ErrorKind kind;
  std::string hint;
};

class Meter {
 public:
  explicit Meter(const Limits& limits) : limits_(limits) {}
  const Limits& limits() const { return limits_; }

  void step(size_t n = 1) {
    if ((steps_ += static_cast<int64_t>(n)) > limits_.steps) throw Fault(str("the template takes more than {} steps", limits_.steps), ErrorKind::resource);
  }
  void hold(size_t bytes) {
    const auto n = static_cast<int64_t>(bytes);
    if (n > limits_.live_bytes - held_) throw Fault(str("the template's values take more than {} bytes", limits_.live_bytes), ErrorKind::resource);
    held_ += n;
    step(bytes / 256);
  }
  void release(size_t bytes) { held_ -= static_cast<int64_t>(bytes); }

 private:
  Limits limits_;
  int64_t steps_ = 0, held_ = 0;
};

// Memory of what is no value, for as long as this lives.
class Held {
 public:
  Held(Meter& meter, size_t bytes) : meter_(meter), bytes_(bytes) { meter.hold(bytes); }
  ~Held() { meter_.release(bytes_); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  Meter& meter_;
  size_t bytes_;
};

// Text that grows, within the limits.
class Output {
 public:
  explicit Output(Meter& meter) : meter_(meter) {}
  ~Output() { meter_.release(text_.size()); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  void append(std::string_view text) {
    const size_t most = meter_.limits().output_bytes;
    if (text.size() > most - text_.size()) throw Fault(str("the template writes more than {} bytes", most), ErrorKind::resource);
    meter_.hold(text.size());
    text_ += text;
  }
  const std::string& text() const { return text_; }

 private:
  Meter& meter_;
  std::string text_;
};

}  // namespace grim::jinja
