#include "grimoire/model/writer_tokens.h"

namespace grim {

void WriterTokens::take(const SpecialTokens& t) {
  end = t.end;
  pad = t.pad.value_or(t.end);
  begin = t.begin.value_or(t.end);
  start = t.start.value_or(begin);
}

void WriterTokens::add_to(Json& config) const {
  config.set("is_encoder_decoder", true);
  config.set("pad_token_id", pad);
  config.set("bos_token_id", begin);
  config.set("eos_token_id", end);
  config.set("decoder_start_token_id", start);
}

WriterTokens WriterTokens::from_json(const Json& config, int64_t vocabulary) {
  const auto id = [&](const char* key) { return config_size(config, key, 0, vocabulary - 1); };
  WriterTokens t{.pad = id("pad_token_id"), .end = id("eos_token_id"), .start = id("decoder_start_token_id")};
  t.begin = config.find("bos_token_id") && !config.at("bos_token_id").is_null() ? id("bos_token_id") : t.start;
  return t;
}

std::vector<KeyRule> WriterTokens::with_rules(std::vector<KeyRule> own) {
  own.push_back({"is_encoder_decoder", KeyUse::fixed, {"true"}});
  for (const std::string_view key : {"pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"}) own.push_back({key});
  return own;
}

int64_t source_vocabulary(int64_t own, int64_t vocab_size) { return own > 0 ? own : vocab_size; }

}  // namespace grim
