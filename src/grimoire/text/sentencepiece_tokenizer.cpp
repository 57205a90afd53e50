// A SentencePiece file as a tokenizer, and as the tokenizer.json that other programs read.
#include <algorithm>

#include "grimoire/base/base64.h"
#include "grimoire/base/error.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/sentencepiece.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

using Model = SentencePieceModel;

Json string_pattern(std::string_view text) { return Json::object({{"String", text}}); }
Json regex_of(std::string_view text) { return Json::object({{"Regex", text}}); }
Json replace(Json pattern, std::string_view with) { return typed("Replace", {{"pattern", std::move(pattern)}, {"content", with}}); }

Json normalizer_json(const Model& model) {
  Json steps = Json::array();
  if (!model.charsmap.empty()) steps.push(typed("Precompiled", {{"precompiled_charsmap", to_base64(model.charsmap)}}));
  if (model.remove_extra_spaces) {
    steps.push(replace(regex_of(R"(\A +| +\z)"), ""));
    steps.push(replace(regex_of(" {2,}"), " "));
  }
  if (model.escape_spaces) steps.push(replace(string_pattern(" "), model.mark()));
  if (model.dummy_prefix && !model.space_behind) steps.push(typed("Prepend", {{"prepend", model.mark()}}));
  return typed("Sequence", {{"normalizers", std::move(steps)}});
}

// User-defined pieces stand alone, the longest first.
Json pre_tokenizer_json(const Model& model) {
  std::vector<std::string_view> whole;
  for (const Model::Piece& p : model.pieces)
    if (p.kind == PieceKind::user_defined) whole.push_back(p.text);
  std::ranges::stable_sort(whole, std::greater(), &std::string_view::size);
  std::string pattern;
  for (const std::string_view text : whole) {
    if (!pattern.empty()) pattern += '|';
    for (const char c : text) {
      if (std::string_view(R"(\^$.|?*+()[]{}-#&~)").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c;
    }
  }
  return pattern.empty() ? Json() : typed("Split", {{"pattern", regex_of(pattern)}, {"behavior", "Isolated"}, {"invert", false}});
}

Json decoder_json(const Model& model) {
  Json steps = Json::array();
  if (model.escape_spaces) steps.push(replace(string_pattern(model.mark()), " "));
  if (model.byte_fallback) steps.push(typed("ByteFallback"));
  steps.push(typed("Fuse"));
  if (model.dummy_prefix) steps.push(typed("Strip", {{"content", " "}, {"start", 1}, {"stop", 0}}));
  return typed("Sequence", {{"decoders", std::move(steps)}});
}

// Which of the tokens at the beginning and the end a text gets.
struct Around {
  bool bos = false, eos = false;
};
Around around_of(const Json& config) {
  if (config.is_null()) return {};
  const std::string name = config.text("tokenizer_class", "");
  for (const char* const shifted : {"XLMRoberta", "Camembert", "MBart", "Nllb", "M2M100", "Marian", "Barthez"})
    if (name.starts_with(shifted))
      fail(ErrorKind::input, "tokenizer", str("tokenizer_class '{}' numbers the pieces of a SentencePiece file in an order of its own", name),
           "use its tokenizer.json");
  return {config.boolean("add_bos_token", name.starts_with("Llama") || name.starts_with("Gemma")),
          config.boolean("add_eos_token", name.starts_with("T5") || name.starts_with("MT5"))};
}

Json post_processor_json(const Model& model, const Json& config) {
  const Around around = around_of(config);
  const auto special = [&](bool wanted, const std::string& piece) -> std::optional<AroundToken> {
    if (!wanted) return std::nullopt;
    const auto id = std::ranges::find(model.pieces, piece, &Model::Piece::text) - model.pieces.begin();
    GRIM_CHECK(id < static_cast<ptrdiff_t>(model.pieces.size()), input, "tokenizer", "tokenizer_config.json wants the piece '{}', which the vocabulary has not",
               piece);
    return AroundToken{piece, id};
  };
  return around_json(special(around.bos, model.bos_piece), special(around.eos, model.eos_piece));
}

std::unique_ptr<SubwordModel> make_unigram(const Model& model, Vocabulary vocabulary) {
  UnigramOptions options{.unk_id = static_cast<int64_t>(model.unknown()), .byte_fallback = model.byte_fallback};
  std::vector<double> scores;
  for (const Model::Piece& p : model.pieces) {
    scores.push_back(static_cast<double>(p.score));
    options.kinds.push_back(p.kind);
  }
  return std::make_unique<Unigram>(std::move(vocabulary), std::move(scores), std::move(options));
}

// Neighbours that make a piece are merged, those of the highest score first: the score of a piece is the rank of its merges.
std::unique_ptr<SubwordModel> make_bpe(const Model& model, Vocabulary vocabulary) {
  BpeOptions options{.unk_token = model.pieces[model.unknown()].text, .fuse_unk = true, .byte_fallback = model.byte_fallback};
  std::vector<size_t> order;
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const Model::Piece& p = model.pieces[id];
    GRIM_CHECK(p.kind != PieceKind::unused, input, "tokenizer", "piece {} ('{}') is unused: that is not supported in a BPE model", id, p.text);
    if (p.kind == PieceKind::normal) order.push_back(id);
    if (p.kind == PieceKind::user_defined) options.whole.insert(static_cast<int32_t>(id));
  }
  std::ranges::stable_sort(order, std::greater(), [&](size_t id) { return model.pieces[id].score; });
  std::vector<uint32_t> ranks(model.pieces.size(), MergesByRank::kNoRank);
  for (size_t i = 0; i < order.size(); ++i) {
    const bool equal = i > 0 && model.pieces[order[i]].score == model.pieces[order[i - 1]].score;
    ranks[order[i]] = equal ? ranks[order[i - 1]] : static_cast<uint32_t>(i);
  }
  const MergesByRank rules(vocabulary, ranks);
  return std::make_unique<Bpe>(std::move(vocabulary), rules.merges, std::move(options), rules.ranks);
}

}  // namespace

std::shared_ptr<const Tokenizer> make_sentencepiece(Model model, Json config) {
  TokenizerParts parts{.normalizer = normalizer_json(model),
                       .pre_tokenizer = pre_tokenizer_json(model),
                       .post_processor = post_processor_json(model, config),
                       .decoder = decoder_json(model)};
  if (!config.is_null()) parts.config = std::move(config);
  const bool bpe = model.kind == Model::Kind::bpe;
  parts.own = {sentencepiece_normalizer(model), sentencepiece_cuts(model), sentencepiece_decoder(model)};
  Vocabulary vocabulary;
  vocabulary.reserve(model.pieces.size(), model.pieces.size() * 8);
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const Model::Piece& p = model.pieces[id];
    vocabulary.add(p.text, static_cast<int64_t>(id));
    if (p.kind == PieceKind::control)
      parts.added.push_back({.id = static_cast<int64_t>(id), .content = p.text, .normalized = false, .special = true, .in_text = false});
  }
  parts.model = bpe ? make_bpe(model, std::move(vocabulary)) : make_unigram(model, std::move(vocabulary));
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

}  // namespace grim
