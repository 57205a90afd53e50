#pragma once

#include <functional>
#include <string>

#include "grimoire/command/command.h"

namespace grim {

struct NobodyReads {};  // thrown when standard output has no reader any more, or a signal came while it kept us waiting

// How signals are heard (app/cli/program.cpp).
struct Signals {
  std::function<bool()> stop;              // has one come?
  std::function<void(bool)> save_first;
  std::function<bool()> take_interrupt;    // was it Ctrl-C? Then it is forgotten.
};

// Console on stdout and stderr. Progress is one line redrawn on a terminal, a plain line every few seconds in a pipe.
// Output that is lost is an error: data() and result() throw resource when it cannot be written, NobodyReads when it is not wanted.
// Words on stderr that get lost are no reason to stop.
class Terminal final : public Console {
 public:
  explicit Terminal(Signals signals);
  ~Terminal() override;
  void data(const std::string& text) override;
  void say(const std::string& line) override;
  void live(const std::string& line) override;
  std::optional<std::string> ask(const std::string& prompt) override;
  bool has_person() const override;
  void result(const Json& object) override;
  void result_part(const std::string& text) override;
  bool json() const override { return json_; }
  report::TextStyle style() const override { return style_; }
  bool stop_requested() const override { return signals_.stop(); }
  bool interrupted() override { return signals_.take_interrupt(); }
  void save_first(bool on) override { signals_.save_first(on); }
  void set_json(bool on) { json_ = on; }
  bool lost() const { return lost_; }  // has output been lost?

 private:
  void clear_live();
  void put(const std::string& text);    // to stdout
  void words(const std::string& text);  // to stderr
  Signals signals_;
  report::TextStyle style_;
  bool json_ = false, redraws_ = false, drawn_ = false, lost_ = false, unheard_ = false;
  double last_plain_ = -1e9;
};

}  // namespace grim
