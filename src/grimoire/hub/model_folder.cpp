#include "grimoire/hub/model_folder.h"

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/register.h"

namespace grim {
namespace {

Json read_json(const std::string& path) { return Json::parse(read_file(path), path); }

// Texts end where the tokenizer says: another end in the settings would be read and not kept.
void check_ends(const Json& settings, const std::string& path, const Tokenizer& tokenizer) {
  const Json boundary = tokenizer.boundary() ? Json(*tokenizer.boundary()) : Json();
  for (const char* key : {"bos_token_id", "eos_token_id"}) {
    const Json* const id = settings.find(key);
    if (id && !id->is_null() && !(*id == boundary))
      throw Error(ErrorKind::input, str("{}: key '{}' is {}, but the tokenizer's boundary is {}", path, key, id->dump(), boundary.dump()),
                  str("write {}, as texts begin and end there, or take the key out", boundary.dump()));
  }
}

// Before anything large is allocated: do the weights fill what config.json describes?
void check_size(const Json& config, const std::string& folder) {
  const SafetensorsFile file(join_path(folder, "model.safetensors"));
  int64_t held = 0;
  for (const SafetensorsEntry& e : file.header().entries) held += static_cast<int64_t>(e.end - e.begin);  // at least a byte each
  const int64_t described = parameter_count(config);
  GRIM_CHECK(described <= held, input, "checkpoint", "{}: config.json describes {} parameters, model.safetensors holds {} bytes", folder,
             with_commas(described), with_commas(held));
}

}  // namespace

ModelFolder open_model_folder(const std::string& folder) {
  ModelFolder opened;
  const std::string config_path = join_path(folder, "config.json"), generation_path = join_path(folder, "generation_config.json");
  opened.config = read_json(config_path);
  check_size(opened.config, folder);
  if (exists(join_path(folder, "tokenizer.json"))) opened.tokenizer = load_tokenizer(folder);
  try {
    Rng rng(RngMode::philox, 0);
    opened.model = build_model(opened.config, rng);
  } catch (const Error& e) {  // the folder's fault, not that of who gave it
    throw Error(ErrorKind::input, config_path + ": " + e.what(), e.hint());
  }
  if (exists(generation_path)) opened.generation = read_json(generation_path);
  if (opened.tokenizer) {
    const int64_t V = opened.config.integer("vocab_size"), W = opened.tokenizer->vocab_size();
    for (const auto& [settings, path] : {std::pair(&opened.config, &config_path), {&opened.generation, &generation_path}}) {
      if (!settings->is_object()) continue;
      check_token_ids(*settings, *path, V);
      check_ends(*settings, *path, *opened.tokenizer);
    }
    if (V != W) throw Error(ErrorKind::input, str("{}: config.json has a vocabulary of {}, tokenizer.json one of {}", folder, V, W));
  }
  load_weights(*opened.model, folder);
  return opened;
}

std::vector<CheckpointFile> model_files(const Pretrained& model, const Tokenizer* tokenizer) {
  Json config = model.config();
  if (!tokenizer) return {{"config.json", config.dump_pretty()}, tensor_file("model.safetensors", model.checkpoint())};
  const Json boundary = tokenizer->boundary() ? Json(*tokenizer->boundary()) : Json();
  const Json generation = Json::object({{"bos_token_id", boundary}, {"eos_token_id", boundary}});
  for (const std::string& key : generation.keys())
    if (config.find(key)) config.set(key, boundary);
  return {{"config.json", config.dump_pretty()},
          tensor_file("model.safetensors", model.checkpoint()),
          {"tokenizer.json", tokenizer->to_json().dump_pretty()},
          {"tokenizer_config.json", tokenizer->config_json().dump_pretty()},
          {"generation_config.json", generation.dump_pretty()}};
}

void load_weights(Pretrained& model, const std::string& folder) {
  const std::string path = join_path(folder, "model.safetensors");
  std::vector<NamedTensor> tensors;
  for (auto& [name, tensor] : read_safetensors(path)) tensors.push_back({name, tensor});
  model.load(tensors, path);
}

}  // namespace grim
