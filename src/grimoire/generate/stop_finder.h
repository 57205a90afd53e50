// The text of tokens as they come, up to where one of some words appears in it. Bytes that are no character are U+FFFD in it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "grimoire/text/token_stream.h"

namespace grim {

class StopFinder {
 public:
  StopFinder(const Tokenizer& tokenizer, const std::vector<std::string>& stops) : stream_(tokenizer), stops_(stops) {}

  void read(std::span<const int64_t> ids);  // a prompt: part of the text, but nothing is looked for in it
  // What is now certain to be part of the text: the end that a stop may begin with waits for what comes. throws: argument, an id outside
  std::string put(int64_t id);
  std::string rest();  // what waits when the text is over
  bool found() const { return found_ != std::string::npos; }
  std::string text() const;  // all of it, prompt too

 private:
  void look(size_t from);
  size_t waiting() const;
  std::string give(size_t end);

  TokenStream stream_;
  std::vector<std::string> stops_;
  std::string text_;
  size_t begun_ = 0, given_ = 0, found_ = std::string::npos;
};

}  // namespace grim
