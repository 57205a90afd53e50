#include <algorithm>

#include "grimoire/base/error.h"
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

// What of a model folder is text about the model: it goes along.
std::vector<CheckpointFile> companions(const std::string& folder, const std::string& dtype) {
  std::vector<CheckpointFile> kept;
  for (const std::string& name : files().list(folder)) {
    const std::string path = join_path(folder, name);
    if (is_weights(name) || files().kind(path) != FileKind::file) continue;
    std::string bytes = read_file(path);
    if (name == "config.json" && !dtype.empty()) {
      Json config = Json::parse(bytes, path);
      const char* const names[][2] = {{"F32", "float32"}, {"F16", "float16"}, {"BF16", "bfloat16"}};
      for (const auto& [stored, torch] : names)
        for (const char* key : {"torch_dtype", "dtype"})
          if (dtype == stored && config.find(key)) config.set(key, torch);
      bytes = config.dump_pretty();
    }
    kept.emplace_back(name, std::move(bytes));
  }
  return kept;
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
  std::vector<NamedTensor> tensors;
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
