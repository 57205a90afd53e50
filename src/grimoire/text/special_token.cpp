#include "grimoire/text/special_token.h"

#include <span>
#include <string_view>

#include "grimoire/base/error.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

struct RoleNames {
  std::string_view key, usual, other;
};
const RoleNames& names_of(TokenRole role) {
  static constexpr RoleNames kNames[] = {{"bos_token", "<s>", "[CLS]"},  {"eos_token", "</s>", "[SEP]"},  {"pad_token", "<pad>", "[PAD]"},
                                         {"cls_token", "[CLS]", "<s>"}, {"sep_token", "[SEP]", "</s>"}, {"mask_token", "[MASK]", "<mask>"}};
  return kNames[static_cast<size_t>(role)];
}

}  // namespace

std::optional<int64_t> special_token(const Tokenizer& tokenizer, TokenRole role) {
  const RoleNames& names = names_of(role);
  if (const std::optional<std::string> named = token_in(tokenizer.config_json(), names.key))
    if (const std::optional<int64_t> id = tokenizer.id_of(*named)) return id;
  for (const std::string_view name : {names.usual, names.other})
    if (const std::optional<int64_t> id = tokenizer.id_of(name)) return id;
  return std::nullopt;
}

int64_t needed_token(const Tokenizer& tokenizer, TokenRole role) {
  if (const std::optional<int64_t> id = special_token(tokenizer, role)) return *id;
  const RoleNames& names = names_of(role);
  fail(ErrorKind::input, "tokenizer", str("the tokenizer has no {}", names.key), str("expected one that knows {} or {}", names.usual, names.other));
}

std::optional<int64_t> token_before_texts(const Tokenizer& tokenizer) {
  const std::vector<int64_t> around = tokenizer.encode_with("", {}).ids;
  const std::optional<int64_t> begin = special_token(tokenizer, TokenRole::begin);
  return begin && !around.empty() && around[0] == *begin ? begin : std::nullopt;
}

}  // namespace grim
