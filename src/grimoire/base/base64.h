// Bytes as text of 64 characters (RFC 4648, section 4, padded).
#pragma once

#include <string>
#include <string_view>

namespace grim {

// throws: input, "WHERE: ...", a character that is not of the alphabet, or some are missing
std::string from_base64(std::string_view text, std::string_view where);
std::string to_base64(std::string_view bytes);

}  // namespace grim
