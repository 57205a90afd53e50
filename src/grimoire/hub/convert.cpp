#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/io/gguf.h"
#include "grimoire/io/shards.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

bool is_weights(const std::string& name) {
  const auto ends = [&](const char* end) { return name.ends_with(end); };
  return ends(".safetensors") || ends(".safetensors.index.json") || ends(".bin") || ends(".bin.index.json") || ends(".gguf") || ends(".pt") || ends(".pth") ||
         name == kManifestName;
}

Json with_dtype(Json config, const std::string& dtype) {
  constexpr const char* kNames[][2] = {{"F32", "float32"}, {"F16", "float16"}, {"BF16", "bfloat16"}};
  for (const auto& [stored, torch] : kNames)
    for (const char* key : {"torch_dtype", "dtype"})
      if (dtype == stored && config.find(key)) config.set(key, torch);
  return config;
}

// What of a model folder is text about the model: it goes along.
std::vector<CheckpointFile> companions(const std::string& folder, const std::string& dtype) {
  std::vector<CheckpointFile> kept;
  for (const std::string& name : files().list(folder)) {
    const std::string path = join_path(folder, name);
    if (is_weights(name) || files().kind(path) != FileKind::file) continue;
    std::string bytes = read_file(path);
    if (name == "config.json" && !dtype.empty()) bytes = with_dtype(Json::parse(bytes, path), dtype).dump_pretty();
    kept.emplace_back(name, std::move(bytes));
  }
  return kept;
}

// What stands beside the weights in a folder, out of a file that holds all of it.
std::vector<CheckpointFile> folder_files(const GgufFile& file, const std::string& dtype) {
  const Json config = config_in(file);
  std::vector<CheckpointFile> made = {{"config.json", with_dtype(config, dtype).dump_pretty()}};
  Json generation = Json::object();
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"})
    if (const Json* const id = config.find(key)) generation.set(key, *id);
  made.emplace_back("generation_config.json", generation.dump_pretty());
  if (const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_in(file)) {
    made.emplace_back("tokenizer.json", tokenizer->to_json().dump_pretty());
    made.emplace_back("tokenizer_config.json", tokenizer->config_json().dump_pretty());
  }
  return made;
}

// What GGUF's readers ask for first, from a config.json where there is one.
std::vector<GgufPair> pairs_of(const std::string& from) {
  const std::string config = join_path(from, "config.json");
  std::string architecture = "unknown";
  if (files().kind(from) == FileKind::folder && exists(config)) architecture = Json::parse(read_file(config), config).text("model_type", architecture);
  return {{"general.architecture", GgufValue::of(architecture)}, {"general.name", GgufValue::of(file_name(from))}};
}

std::string type_for_gguf(const Tensor& x, const std::string& dtype) {
  const bool whole_rows = x.ndim() >= 1 && x.shape().back() % 32 == 0;
  if (!is_float(x.dtype())) return std::string(stored_type_of(x.dtype()).name);
  // As llama.cpp has it: vectors stay f32, and so does what does not fill blocks.
  if (x.ndim() <= 1 || dtype.empty() || (dtype == "Q8_0" && !whole_rows)) return x.dtype() == Dtype::f64 ? "F64" : "F32";
  return dtype;
}

}  // namespace

std::vector<std::string> convert_weights(const std::string& from, const std::string& to, const ConvertOptions& options) {
  const std::unique_ptr<TensorFile> source = open_weights_at(from);
  const auto* const gguf = dynamic_cast<const GgufFile*>(source.get());
  const bool as_folder = gguf && is_whole_model(*gguf) && options.to == WeightsFormat::safetensors;
  std::vector<NamedTensor> tensors;
  if (as_folder) tensors = tensors_in(*gguf);
  else
    for (const auto& [name, tensor] : read_all(*source)) tensors.push_back({name, tensor});
  const bool one_file = to.ends_with(".safetensors") || to.ends_with(".gguf");
  const std::string folder = one_file ? parent_folder(to) : to;
  std::vector<CheckpointFile> out;
  if (options.to == WeightsFormat::gguf) {
    std::vector<GgufTensor> written;
    for (const NamedTensor& t : tensors) {
      const Tensor& x = t.tensor;
      written.push_back({t.name, x.ndim() > 0 ? x : view::try_reshape(contiguous(x), {1}), type_for_gguf(x, options.dtype)});
    }
    out.emplace_back(one_file ? file_name(to) : "model.gguf",
                     [pairs = pairs_of(from), written](OutFile& file) { write_gguf(file, pairs, written); });
  } else {
    std::string stem = one_file ? file_name(to) : "model";
    if (one_file) stem.resize(stem.size() - std::string_view(".safetensors").size());
    out = sharded_files(stem, tensors, options.shard_bytes, options.dtype);
  }
  if (!one_file) {
    if (files().kind(to) == FileKind::folder)
      GRIM_CHECK(files().list(to).empty(), input, "convert", "{}: the folder is not empty: expected a new one, so that nothing is overwritten", to);
    if (as_folder)
      for (CheckpointFile& f : folder_files(*gguf, options.dtype)) out.push_back(std::move(f));
    if (files().kind(from) == FileKind::folder)
      for (CheckpointFile& f : companions(from, options.dtype)) out.push_back(std::move(f));
  }
  files().make_dirs(folder);
  std::vector<std::string> names;
  for (const CheckpointFile& f : out) {
    names.push_back(join_path(folder, f.name));
    write_atomically(names.back(), f.write);
  }
  return names;
}

}  // namespace grim
