// How long a text is in units that no tokenizer decides.
#pragma once

#include <cstdint>
#include <string_view>

namespace grim {

struct TextSize {
  int64_t words = 0;  // runs of what is not white space, as wc counts them
  int64_t bytes = 0;  // of UTF-8
};
TextSize text_size(std::string_view text);

}  // namespace grim
