// The splitting patterns of the common tokenizers, by hand. Each function follows its expression, alternative by alternative.
#pragma once

#include "grimoire/text/pattern.h"

namespace grim {

size_t gpt2_word(std::string_view text, size_t at);
size_t cl100k_word(std::string_view text, size_t at);       // Llama 3 too
size_t cl100k_tail_word(std::string_view text, size_t at);  // as tiktoken spells it since 0.6: white space at the end is one word
size_t qwen2_word(std::string_view text, size_t at);        // cl100k with single digits
size_t o200k_word(std::string_view text, size_t at);
size_t deepseek_digits(std::string_view text, size_t at);   // the three steps of DeepSeek V3; what is between their matches is one word
size_t deepseek_cjk(std::string_view text, size_t at);
size_t deepseek_word(std::string_view text, size_t at);
size_t deepseek_v3_word(std::string_view text, size_t at);  // all three

}  // namespace grim
