#include "grimoire/hub/trained_model.h"

#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/nn/products.h"
#include "grimoire/text/special_token.h"

namespace grim {
namespace {

// Without a generation_config.json, config.json says what is always written.
Json generation_of(const ModelFolder& f) {
  if (!f.generation.is_null()) return f.generation;
  Json forced = Json::object();
  const Json config = f.model->config();
  for (const char* key : {"forced_bos_token_id", "forced_eos_token_id"})
    if (const Json* const id = config.find(key)) forced.set(key, *id);
  return forced.size() > 0 ? forced : Json();
}

[[noreturn]] void fail_unable(const AnyTrained& any, std::string_view what, const std::string& hint) {
  const auto [path, type] = std::visit([](const auto& found) { return std::pair(found.path, found.model->config().text("model_type")); }, any);
  fail(ErrorKind::input, "checkpoint", str("{}: model_type '{}' does not {}", path, type, what), hint);
}

}  // namespace

int64_t end_token(const TrainedSeq2Seq& trained) {
  return trained.ends.empty() ? needed_token(*trained.tokenizer, TokenRole::end) : trained.ends[0];
}

AnyTrained load_any(const std::string& folder, WeightType products) {
  if (!exists(folder)) throw Error(ErrorKind::input, str("'{}' does not exist", folder), "expected a run folder or a checkpoint folder");
  const std::string path = model_folder_in(folder);
  ModelFolder f = open_model_folder(path, products);
  GRIM_CHECK(f.tokenizer, input, "checkpoint", "{}: there is no tokenizer.json", path);
  const Json about = exists(join_path(path, kManifestName)) ? verify_checkpoint(path, Verify::sizes).about : Json();
  if (f.products != WeightType::bf16) turn_products(*f.model);
  if (auto model = capability_in<CausalLm>(f.model))
    return TrainedModel{std::move(model), f.tokenizer, f.begin, f.ends, path, about, std::move(f.generation), f.products};
  if (auto encoder = capability_in<TextEncoder>(f.model)) return TrainedEncoder{std::move(encoder), f.tokenizer, path, about, f.products};
  const Json generation = generation_of(f);
  if (auto writer = capability_in<Seq2Seq>(f.model)) return TrainedSeq2Seq{std::move(writer), f.tokenizer, f.ends, path, about, generation, f.products};
  fail(ErrorKind::input, "checkpoint", str("{}: model_type '{}' neither reads texts nor writes them", path, f.config.text("model_type")));
}

TrainedModel load_trained(const std::string& folder, WeightType products) {
  AnyTrained any = load_any(folder, products);
  language_model_in(any);
  return std::get<TrainedModel>(std::move(any));
}

TrainedEncoder load_encoder(const std::string& folder, WeightType products) {
  AnyTrained any = load_any(folder, products);
  if (auto* const encoder = std::get_if<TrainedEncoder>(&any)) return std::move(*encoder);
  fail_unable(any, "read whole texts", "expected a model of BERT's kind");
}

const TrainedModel& language_model_in(const AnyTrained& any) {
  if (const auto* const model = std::get_if<TrainedModel>(&any)) return *model;
  fail_unable(any, "go on with a text",
              std::holds_alternative<TrainedSeq2Seq>(any) ? "one that makes a text of another is asked by grimoire generate, with the text as the prompt"
                                                          : "one that reads whole texts fills in words and tells what follows");
}

TrainedModel writer_from(const TrainedSeq2Seq& trained, std::span<const std::string> sources) {
  const TokenBatch tokens = encode_whole(*trained.tokenizer, sources, trained.model->decode_cache()->capacity());
  const std::vector<int64_t> said = token_ids(trained.generation, "decoder_start_token_id");
  return {.model = grim::writer_from(*trained.model, tokens), .tokenizer = trained.tokenizer,
          .begin = said.empty() ? trained.model->start() : said[0], .ends = trained.ends, .path = trained.path, .about = trained.about,
          .generation = trained.generation, .products = trained.products};
}

}  // namespace grim
