#include "grimoire/text/text_size.h"

#include "grimoire/base/utf8.h"
#include "grimoire/text/unicode.h"

namespace grim {

TextSize text_size(std::string_view text) {
  TextSize size{.words = 0, .bytes = static_cast<int64_t>(text.size())};
  bool in_word = false;
  for (size_t at = 0; at < text.size();) {
    const bool space = class_of(next_code_point(text, at)).space();
    size.words += !space && !in_word;
    in_word = !space;
  }
  return size;
}

}  // namespace grim
