// HTML read piece by piece: tags and entities.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace grim::learn {

struct Tag {
  std::string name;  // lower case; "/p": the end of p; "!": a comment
  std::string_view inside;
  size_t size = 0;  // 0: no tag stands here
};
Tag tag_at(std::string_view html);
std::string attribute(std::string_view inside, std::string_view name);  // decoded; empty: there is none

// The letter that an entity at the front stands for, and the entity's length; 0: it is none that is known.
size_t entity(std::string_view text, std::string& letter);
std::string decoded_entities(std::string_view html);  // numbers and the few names that escape nothing else; other names as written

}  // namespace grim::learn
