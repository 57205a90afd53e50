// A console that keeps what a command answers.
#pragma once

#include <string>

#include "grimoire/command/command.h"

namespace grim::stats {

class Captured final : public Console {
 public:
  void data(const std::string& text) override { text_ += text; }
  void say(const std::string&) override {}
  void live(const std::string&) override {}
  std::optional<std::string> ask(const std::string&) override { return std::nullopt; }
  void result(const Json& object) override { json_ = object; }
  void result_part(const std::string&) override {}
  bool json() const override { return true; }
  bool stop_requested() const override { return false; }
  std::string text_;
  Json json_;
};

}  // namespace grim::stats
