// {{c1::hidden::hint}}: parts of a question that are hidden, as Anki writes them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace grim::learn {

struct Hidden {
  size_t begin, end;  // in the question
  int number;         // 0 to 999
  std::string text, hint;
};

// Of nested ones the inner.
std::vector<Hidden> hidden_parts(std::string_view question);
// What begins as a hidden part and is none: never closed, empty, nested or without "::". What is wrong and what to write.
std::vector<std::string> faulty_parts(std::string_view question);

}  // namespace grim::learn
