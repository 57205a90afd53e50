#pragma once

#include <functional>
#include <string>

#include "grimoire/command/command.h"

namespace grim {

// Console on stdout and stderr. Progress is one line redrawn on a terminal, a plain line every few seconds in a pipe.
class Terminal final : public Console {
 public:
  Terminal(std::function<bool()> stop, std::function<void(bool)> at_once);
  ~Terminal() override;
  void data(const std::string& text) override;
  void say(const std::string& line) override;
  void live(const std::string& line) override;
  void result(const Json& object) override;
  bool json() const override { return json_; }
  bool stop_requested() const override { return stop_(); }
  void end_at_once(bool on) override { at_once_(on); }
  void set_json(bool on) { json_ = on; }

 private:
  void clear_live();
  std::function<bool()> stop_;
  std::function<void(bool)> at_once_;
  bool json_ = false, redraws_ = false, drawn_ = false;
  double last_plain_ = -1e9;
};

}  // namespace grim
