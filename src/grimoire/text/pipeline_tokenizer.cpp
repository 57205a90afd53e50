#include "grimoire/text/pipeline_tokenizer.h"

#include <algorithm>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {

PipelineTokenizer::PipelineTokenizer(TokenizerParts parts) : parts_(std::move(parts)) {
  normalizer_ = parts_.own.normalizer ? std::move(parts_.own.normalizer) : make_normalizer(parts_.normalizer);
  pre_tokenizer_ = parts_.own.pre_tokenizer ? std::move(parts_.own.pre_tokenizer) : make_pre_tokenizer(parts_.pre_tokenizer);
  post_processor_ = make_post_processor(parts_.post_processor);
  decoder_ = parts_.own.decoder ? std::move(parts_.own.decoder) : make_token_decoder(parts_.decoder);
  const auto* const bpe = dynamic_cast<const Bpe*>(parts_.model.get());
  if (bpe && bpe->options().byte_level) pre_tokenizer_->leave_bytes();
  vocab_size_ = parts_.model->vocabulary().size();
  for (size_t i = 0; i < parts_.added.size(); ++i) {
    const AddedToken& token = parts_.added[i];
    GRIM_CHECK(token.id >= 0 && token.id < (1 << 24), input, "tokenizer", "added token '{}': id {} is outside 0 to {}", token.content, token.id, (1 << 24) - 1);
    const bool fresh = added_by_id_.emplace(token.id, i).second;
    GRIM_CHECK(fresh, input, "tokenizer", "added token '{}': another has the id {}", token.content, token.id);
    vocab_size_ = std::max(vocab_size_, token.id + 1);
    if (!token.in_text) continue;
    if (!token.normalized) {
      in_raw_text_.add(token.content, token);
    } else {
      AlignedText content(token.content, 0);
      normalizer_->apply(content);
      in_normalized_text_.add(content.text(), token);
    }
  }
  const auto check_id = [&](const char* part, int64_t id) {
    GRIM_CHECK(id >= 0 && id < vocab_size_, input, "tokenizer", "{}: id {} is outside 0 to {}", part, id, vocab_size_ - 1);
  };
  for (const int64_t id : post_processor_->ids()) check_id("post_processor", id);
  if (parts_.padding) check_id("padding", parts_.padding->id);
  cut_ = pre_tokenizer_->cuts();
  raw_words_ = cut_.cuts == Cuts::pattern && bpe && bpe->options().byte_level;
  const bool allowed = cut_.cuts == Cuts::pattern ? raw_words_ && normalizer_->keeps_latin() : normalizer_->is_local();
  if (!allowed || !(in_normalized_text_.empty() || normalizer_->is_identity())) cut_ = {};
}

std::string_view PipelineTokenizer::text_of(int64_t id) const {
  if (const auto added = added_by_id_.find(id); added != added_by_id_.end()) return parts_.added[added->second].content;
  return parts_.model->vocabulary().token(id);
}

std::string PipelineTokenizer::token(int64_t id) const {
  GRIM_CHECK(id >= 0 && id < vocab_size_, argument, "tokenizer", "id: got {}, expected 0 to {}", id, vocab_size_ - 1);
  return std::string(text_of(id));
}

std::optional<int64_t> PipelineTokenizer::id_of(std::string_view token) const {
  for (const AddedToken& added : parts_.added)
    if (added.content == token) return added.id;
  const int32_t id = parts_.model->vocabulary().id_of(token);
  return id >= 0 ? std::optional<int64_t>(id) : std::nullopt;
}

bool PipelineTokenizer::is_special(int64_t id) const {
  const auto added = added_by_id_.find(id);
  return added != added_by_id_.end() && parts_.added[added->second].special;
}

Encoding PipelineTokenizer::encode_with(std::string_view text, const EncodeOptions& options) const {
  std::vector<Encoding> texts;
  texts.push_back(tokens_of(text, 0, options.special_text));
  if (options.pair) texts.push_back(tokens_of(*options.pair, 1, options.special_text));
  if (const std::optional<TokenTruncation>& cut = options.truncation ? options.truncation : parts_.truncation) {
    const auto around = options.special_tokens ? static_cast<int64_t>(post_processor_->added(options.pair.has_value())) : 0;
    truncate(*cut, around, texts[0], options.pair ? &texts[1] : nullptr);
  }
  const auto token = [this](int64_t id, std::string_view of) {
    const auto added = added_by_id_.find(id);
    if (added == added_by_id_.end()) return std::string(text_of(id));
    return parts_.added[added->second].normalized ? normalized(of) : std::string(of);
  };
  PostProcessor::Source source{token, {text}};
  if (options.pair) source.texts.push_back(*options.pair);
  texts = post_processor_->apply(std::move(texts), options.special_tokens, source);
  Encoding whole;
  for (Encoding& e : texts) {
    if (whole.size() == 0 && whole.overflowing.empty()) whole = std::move(e);
    else whole.append(e);
  }
  if (parts_.padding) whole.pad(parts_.padding->length_for(whole.size()), *parts_.padding);
  return whole;
}

std::string PipelineTokenizer::decode(std::span<const int64_t> ids, Specials specials) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const int64_t id : ids) {
    GRIM_CHECK(id >= 0 && id < vocab_size_, argument, "tokenizer", "id: got {}, expected 0 to {}", id, vocab_size_ - 1);
    if (specials == Specials::leave_out && is_special(id)) continue;
    tokens.emplace_back(text_of(id));
  }
  decoder_->apply(tokens);
  std::string text;
  for (const std::string& t : tokens) text += t;
  return text;
}

std::string PipelineTokenizer::normalized(std::string_view text) const {
  AlignedText whole(text, 0);
  normalizer_->apply(whole);
  return whole.text();
}

std::optional<int64_t> PipelineTokenizer::unknown() const {
  const int32_t id = parts_.model->vocabulary().id_of(parts_.model->unknown());
  return id >= 0 ? std::optional<int64_t>(id) : std::nullopt;
}

std::optional<TokenPadding> PipelineTokenizer::padding() const {
  if (parts_.padding) return parts_.padding;
  TokenPadding padding{.token = named_token(parts_.config, "pad_token", "")};
  const std::optional<int64_t> id = id_of(padding.token);
  if (padding.token.empty() || !id) return std::nullopt;
  padding.id = *id;
  padding.side = parts_.config.text("padding_side", "right") == "left" ? Side::left : Side::right;
  return padding;
}

Json PipelineTokenizer::to_json() const {
  const auto side = [](Side s) { return s == Side::left ? "Left" : "Right"; };
  Json added = Json::array(), truncation, padding;
  for (const AddedToken& token : parts_.added) added.push(token.to_json());
  if (const auto& t = parts_.truncation) {
    constexpr const char* names[] = {"LongestFirst", "OnlyFirst", "OnlySecond"};
    truncation = Json::object({{"direction", side(t->side)},
                               {"max_length", t->max_length},
                               {"strategy", names[static_cast<int>(t->strategy)]},
                               {"stride", t->stride}});
  }
  if (const auto& p = parts_.padding)
    padding = Json::object({{"strategy", p->length ? Json::object({{"Fixed", *p->length}}) : Json("BatchLongest")},
                            {"direction", side(p->side)},
                            {"pad_to_multiple_of", p->multiple_of ? Json(*p->multiple_of) : Json()},
                            {"pad_id", p->id},
                            {"pad_type_id", p->type_id},
                            {"pad_token", p->token}});
  return Json::object({{"version", "1.0"},
                       {"truncation", std::move(truncation)},
                       {"padding", std::move(padding)},
                       {"added_tokens", std::move(added)},
                       {"normalizer", parts_.normalizer},
                       {"pre_tokenizer", parts_.pre_tokenizer},
                       {"post_processor", parts_.post_processor},
                       {"decoder", parts_.decoder},
                       {"model", parts_.model->to_json()}});
}

}  // namespace grim
