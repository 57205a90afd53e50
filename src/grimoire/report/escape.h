// HTML's own signs as text, and back.
#pragma once

#include <string>
#include <string_view>

namespace grim {

std::string escape_html(std::string_view text);

// What &amp; and its like at the front of the text stand for, and how long the entity is.
struct NamedEntity {
  std::string_view text;
  size_t size = 0;  // 0: none that is known
};
NamedEntity named_entity(std::string_view html);

}  // namespace grim
