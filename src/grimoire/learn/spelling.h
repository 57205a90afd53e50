// Letters of a word, as code points: without their case, without their accents, and how many are wrong.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace grim::learn {

std::vector<char32_t> letters(const std::string& text);  // small ones
std::vector<char32_t> without_accents(std::vector<char32_t> letters);
// Edit distance. Nothing where the two have more than 256 different letters.
std::optional<size_t> letters_off(const std::vector<char32_t>& a, const std::vector<char32_t>& b);

}  // namespace grim::learn
