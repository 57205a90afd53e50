// What a token stands for beside text.
#pragma once

#include <cstdint>
#include <optional>

#include "grimoire/text/tokenizer.h"

namespace grim {

enum class TokenRole : uint8_t { begin, end, pad, classes, separator, mask };  // classes: what BERT puts before a text, to label it by

// The token that the tokenizer's settings name for it (bos_token, eos_token, pad_token, cls_token, sep_token, mask_token), where the vocabulary has it;
// else the first of its usual names that the vocabulary has; else nothing.
std::optional<int64_t> special_token(const Tokenizer& tokenizer, TokenRole role);
// throws: input, there is none, naming what is expected
int64_t needed_token(const Tokenizer& tokenizer, TokenRole role);
// The token that begins a text, where the tokenizer puts it before every text.
std::optional<int64_t> token_before_texts(const Tokenizer& tokenizer);

}  // namespace grim
