#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/io/gguf.h"
#include "grimoire/io/llmc.h"
#include "grimoire/io/shards.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

constexpr const char* kIds[] = {"bos_token_id", "eos_token_id", "pad_token_id"};

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
    if (is_weights_file(name) || files().kind(path) != FileKind::file) continue;
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
  for (const char* key : kIds)
    if (const Json* const id = config.find(key)) generation.set(key, *id);
  made.emplace_back("generation_config.json", generation.dump_pretty());
  if (const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_in(file)) {
    made.emplace_back("tokenizer.json", tokenizer->to_json().dump_pretty());
    made.emplace_back("tokenizer_config.json", tokenizer->config_json().dump_pretty());
  }
  return made;
}

// What llm.c's header says, as transformers' GPT2Config has it.
CheckpointFile config_of(const LlmcConfig& c, const std::string& dtype) {
  const Json config = Json::object({{"architectures", Json::array({"GPT2LMHeadModel"})},
                                    {"model_type", "gpt2"},
                                    {"vocab_size", c.vocab_size},
                                    {"n_positions", c.max_seq_len},
                                    {"n_embd", c.channels},
                                    {"n_layer", c.num_layers},
                                    {"n_head", c.num_heads},
                                    {"activation_function", "gelu_new"},
                                    {"layer_norm_epsilon", 1e-5},
                                    {"tie_word_embeddings", true},
                                    {"torch_dtype", c.bf16 ? "bfloat16" : "float32"}});
  return {"config.json", with_dtype(config, dtype).dump_pretty()};
}

// The config.json of a folder; null where there is none.
Json config_at(const std::string& from) {
  const std::string path = join_path(from, "config.json");
  return files().kind(from) == FileKind::folder && exists(path) ? Json::parse(read_file(path), path) : Json();
}

std::string type_for_gguf(const TensorSource& x, const std::string& dtype) {
  const bool whole_rows = x.shape.ndim() >= 1 && x.shape.back() % 32 == 0;
  if (!is_float(x.dtype)) return std::string(stored_type_of(x.dtype).name);
  // As llama.cpp has it: vectors stay f32, and so does what does not fill blocks.
  if (x.shape.ndim() <= 1 || dtype.empty() || (dtype == "Q8_0" && !whole_rows)) return x.dtype == Dtype::f64 ? "F64" : "F32";
  return dtype;
}

// The settings of generation_config.json that stand in the place of config.json's tokens, and those that have none.
Json with_generation(const std::string& from, Json config, std::vector<std::string>& notes) {
  const std::string path = join_path(from, "generation_config.json");
  if (!exists(path)) return config;
  const Json generation = Json::parse(read_file(path), path);
  std::vector<std::string> others;
  for (size_t i = 0; i < generation.size(); ++i) {
    const std::string& key = generation.keys()[i];
    if (std::ranges::find(kIds, key) == std::end(kIds)) {
      if (!key.starts_with('_') && key != "transformers_version") others.push_back(key);
    } else if (!generation[i].is_null()) {
      config.set(key, generation[i]);
    }
  }
  if (!others.empty()) notes.push_back(str("generation_config.json's {} {} not written", joined(others), others.size() > 1 ? "are" : "is"));
  return config;
}

// What describes a model of llama.cpp's.
std::vector<GgufPair> described(const Json& config, const std::string& from, std::vector<std::string>& notes) {
  std::vector<GgufPair> pairs = gguf_pairs(config, file_name(from));
  if (const std::shared_ptr<const Tokenizer> tokenizer = find_tokenizer(from)) {
    for (GgufPair& p : gguf_pairs(*tokenizer, config.integer("vocab_size"))) pairs.push_back(std::move(p));
    for (std::string& note : unsaid_of(*tokenizer)) notes.push_back(std::move(note));
  }
  for (std::string& note : add_token_ids(with_generation(from, config, notes), pairs)) notes.push_back(std::move(note));
  return pairs;
}

// A whole model under llama.cpp's names where it has them; else the tensors as they are, for those who read them by name.
CheckpointFile gguf_file(const std::string& name, const std::string& from, std::vector<TensorSource> tensors, const std::string& dtype,
                         std::vector<std::string>& notes) {
  const Json config = config_at(from);
  std::vector<GgufPair> pairs;
  if (has_gguf_form(config)) {
    pairs = described(config, from, notes);
    tensors = gguf_tensors(config, tensors);
  } else {  // what GGUF's readers ask for first
    const std::string architecture = config.is_object() ? config.text("model_type", "unknown") : "unknown";
    pairs = {{"general.architecture", GgufValue::of(architecture)}, {"general.name", GgufValue::of(file_name(from))}};
    notes.push_back(str("{}: its tensors keep their names, and llama.cpp does not open the file as a model",
                        config.is_object() ? str("'{}' has no form in GGUF that is written here", architecture) : "no config.json says what model it is"));
  }
  if (dtype == "Q8_0") pairs.push_back({"general.quantization_version", GgufValue::of(GgufType::u32, int64_t{2})});  // of ggml's blocks
  std::vector<GgufTensor> written;
  for (TensorSource& x : tensors) {
    if (x.shape.ndim() == 0) x = {x.name, {1}, x.dtype, [read = x.read] { return view::try_reshape(contiguous(read()), {1}); }};
    written.emplace_back(x, type_for_gguf(x, dtype));
  }
  return {name, [pairs, written](OutFile& out) { write_gguf(out, pairs, written); }};
}

std::vector<std::string> written_to(const std::string& folder, const std::vector<CheckpointFile>& all) {
  for (const CheckpointFile& f : all)
    GRIM_CHECK(!exists(join_path(folder, f.name)), input, "convert", "{} is there already: expected a new name, so that nothing is overwritten",
               join_path(folder, f.name));
  files().make_dirs(folder);
  std::vector<std::string> names;
  for (const CheckpointFile& f : all) {
    names.push_back(join_path(folder, f.name));
    write_atomically(names.back(), f.write);
  }
  return names;
}

}  // namespace

Converted convert_weights(const std::string& from, const std::string& to, const ConvertOptions& options) {
  const std::unique_ptr<TensorFile> source = open_weights_at(from);
  const auto* const gguf = dynamic_cast<const GgufFile*>(source.get());
  const bool as_folder = gguf && is_whole_model(*gguf) && options.to == WeightsFormat::safetensors;
  const std::vector<TensorSource> tensors = as_folder ? tensors_in(*gguf) : sources_of(*source);
  const bool one_file = to.ends_with(".safetensors") || to.ends_with(".gguf");
  std::vector<CheckpointFile> out;
  std::vector<std::string> notes;
  if (options.to == WeightsFormat::gguf) {
    out.push_back(gguf_file(one_file ? file_name(to) : "model.gguf", from, tensors, options.dtype, notes));
  } else {
    std::string stem = one_file ? file_name(to) : "model";
    if (one_file) stem.resize(stem.size() - std::string_view(".safetensors").size());
    out = sharded_files(stem, tensors, options.shard_bytes, options.dtype);
  }
  if (one_file) return {written_to(parent_folder(to), out), notes};
  if (files().kind(to) == FileKind::folder)
    GRIM_CHECK(files().list(to).empty(), input, "convert", "{}: the folder is not empty: expected a new one, so that nothing is overwritten", to);
  if (as_folder)
    for (CheckpointFile& f : folder_files(*gguf, options.dtype)) out.push_back(std::move(f));
  if (const auto* const llmc = dynamic_cast<const LlmcFile*>(source.get())) out.push_back(config_of(llmc->config(), options.dtype));
  if (files().kind(from) == FileKind::folder)
    for (CheckpointFile& f : companions(from, options.dtype)) out.push_back(std::move(f));
  return {written_to(to, out), notes};
}

}  // namespace grim
