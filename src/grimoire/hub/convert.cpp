#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/gguf_types.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/hub/whole_file.h"
#include "grimoire/io/gguf.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/io/shards.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

constexpr const char* kIds[] = {"bos_token_id", "eos_token_id", "pad_token_id"};

// Further layers of a model of sentences, which stand in folders of their own: "1_Pooling" (sentence-transformers' modules.json).
bool is_module(const Json& modules, const std::string& name) {
  return modules.is_array() && std::ranges::any_of(modules.items(), [&](const Json& m) { return m.is_object() && m.text("path", "") == name; });
}

// What of a model folder is text about the model, and its modules: it goes along.
std::vector<CheckpointFile> companions(const std::string& folder, const std::string& dtype, std::vector<std::string>& notes) {
  const std::string modules_path = join_path(folder, "modules.json");
  const Json modules = exists(modules_path) ? Json::parse(read_file(modules_path), modules_path) : Json();
  std::vector<CheckpointFile> kept;
  std::vector<std::string> left;
  for (const std::string& name : files().list(folder)) {
    const std::string path = join_path(folder, name);
    if (files().kind(path) == FileKind::folder) {
      if (!is_module(modules, name)) left.push_back(name);
      else
        for (const std::string& part : files().list(path))
          if (files().kind(join_path(path, part)) == FileKind::file) kept.emplace_back(join_path(name, part), read_file(join_path(path, part)));
    }
    if (is_weights_file(name) || files().kind(path) != FileKind::file) continue;
    std::string bytes = read_file(path);
    if (name == "config.json" && !dtype.empty()) bytes = with_dtype(Json::parse(bytes, path), dtype).dump_pretty();
    kept.emplace_back(name, std::move(bytes));
  }
  if (!left.empty()) notes.push_back(str("{} {} left behind", first_few(left), left.size() > 1 ? "are folders, and" : "is a folder, and"));
  return kept;
}

// What stands beside the weights in a folder, out of a file that holds all of it.
std::vector<CheckpointFile> folder_files(const TensorFile& file, const Json& config, const std::string& dtype) {
  std::vector<CheckpointFile> made = {{"config.json", with_dtype(config, dtype).dump_pretty()}};
  Json generation = Json::object();
  for (const char* key : kIds)
    if (const Json* const id = config.find(key)) generation.set(key, *id);
  made.emplace_back("generation_config.json", generation.dump_pretty());
  if (const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_of(file)) {
    made.emplace_back("tokenizer.json", tokenizer->to_json().dump_pretty());
    made.emplace_back("tokenizer_config.json", tokenizer->config_json().dump_pretty());
  }
  return made;
}

}  // namespace

Json with_dtype(Json config, const std::string& dtype) {
  constexpr const char* kNames[][2] = {{"F32", "float32"}, {"F16", "float16"}, {"BF16", "bfloat16"}};
  for (const auto& [stored, torch] : kNames)
    for (const char* key : {"torch_dtype", "dtype"})
      if (dtype == stored && config.find(key)) config.set(key, torch);
  return config;
}

std::vector<CheckpointFile> beside_weights(const std::string& path, const std::string& dtype, std::vector<std::string>& notes) {
  const std::string whole = whole_file_at(path);
  if (whole.empty()) return files().kind(path) == FileKind::folder ? companions(path, dtype, notes) : std::vector<CheckpointFile>();
  const std::unique_ptr<TensorFile> file = open_tensor_file(whole);
  return folder_files(*file, config_of(*file), dtype);
}

namespace {

// The config.json of a folder; null where there is none.
Json config_at(const std::string& from) {
  const std::string path = join_path(from, "config.json");
  return files().kind(from) == FileKind::folder && exists(path) ? Json::parse(read_file(path), path) : Json();
}

// Tensors that are to be of one type and are written as another.
class ChangedTypes {
 public:
  void add(const TensorSource& x, std::string_view wanted, std::string_view written) {
    if (wanted != written) names_[str("of {} are written as {}", wanted, written)].push_back(x.name);
  }
  void say(std::vector<std::string>& notes) const {
    for (const auto& [how, names] : names_) notes.push_back(str("tensors {}: {}", how, first_few(names)));
  }

 private:
  std::map<std::string, std::vector<std::string>> names_;
};

// GGUF has no tensor without axes, and no small integers but signed ones.
TensorSource fit_for_gguf(TensorSource x) {
  if (x.shape.ndim() == 0) {
    x.shape = {1};
    x.read = [read = x.read] { return view::try_reshape(contiguous(read()), {1}); };
  }
  if (x.dtype != Dtype::u8 && x.dtype != Dtype::boolean) return x;
  return {x.name, x.shape, Dtype::i32, [read = x.read] { return cast(read(), Dtype::i32); }, "", &stored_type_of(x.dtype)};
}

std::vector<GgufTensor> typed_for_gguf(const std::vector<TensorSource>& tensors, const GgufTypes& types, bool keeps_vectors,
                                       std::vector<std::string>& notes) {
  std::vector<GgufTensor> written;
  ChangedTypes changed;
  for (const TensorSource& tensor : tensors) {
    const TensorSource x = fit_for_gguf(tensor);
    const std::string type = type_for_gguf(x, x.name, types, keeps_vectors);
    written.emplace_back(rounded(x, x.name, type, types), type);
    const bool asked = !types.dtype.empty() && is_float(x.dtype);  // of matrices
    if (types.rules.empty() && (!asked || x.shape.ndim() > 1)) changed.add(x, asked ? std::string_view(types.dtype) : x.type().name, type);
  }
  changed.say(notes);
  return written;
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
  for (std::string& note : unsaid_of(config)) notes.push_back(std::move(note));
  if (const std::shared_ptr<const Tokenizer> tokenizer = find_tokenizer(from)) {
    for (GgufPair& p : gguf_pairs(*tokenizer, config.integer("vocab_size"))) pairs.push_back(std::move(p));
    for (std::string& note : unsaid_of(*tokenizer)) notes.push_back(std::move(note));
  }
  for (std::string& note : add_token_ids(with_generation(from, config, notes), pairs)) notes.push_back(std::move(note));
  return pairs;
}

// What a file says of itself beside its tensors: not what is worked out anew, nor names of tensors that are stored once.
Metadata said_in(const TensorFile& file) {
  Metadata said = file.metadata();
  std::erase_if(said, [&](const auto& m) { return m.first == "format" || m.first == "total_size" || file.holds(m.first) || file.holds(m.second); });
  return said;
}

void say_unwritten(const Metadata& said, const char* instead, std::vector<std::string>& notes) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : said) keys.push_back(key);
  if (!keys.empty()) notes.push_back(str("{} {} not written{}", first_few(keys), keys.size() > 1 ? "are" : "is", instead));
}

// general.file_type of llama.cpp (llama.h: llama_ftype), of types that are written.
constexpr std::pair<std::string_view, int64_t> kFileTypes[] = {
    {"F32", 0}, {"F16", 1}, {"Q4_0", 2}, {"Q4_1", 3}, {"Q8_0", 7}, {"Q5_0", 8}, {"Q5_1", 9}, {"Q4_K", 14}, {"Q5_K", 16}, {"Q6_K", 18}, {"BF16", 32},
    {"TQ2_0", 37}};

// Of another GGUF file all that it says, but for the types when these are others now.
std::vector<GgufPair> pairs_of(const GgufFile& file, const std::string& dtype) {
  std::vector<GgufPair> pairs = file.pairs();
  if (dtype.empty()) return pairs;
  std::erase_if(pairs, [](const GgufPair& p) { return p.key == "general.file_type" || p.key == "general.quantization_version"; });
  for (const auto& [type, number] : kFileTypes)
    if (dtype == type) pairs.push_back({"general.file_type", GgufValue::of(GgufType::u32, number)});
  return pairs;
}

// A whole model under llama.cpp's names where it has them; else the tensors as they are, for those who read them by name.
CheckpointFile gguf_file(const std::string& name, const std::string& from, const TensorFile& source, const GgufTypes& types,
                         std::vector<std::string>& notes) {
  const std::string& dtype = types.dtype;
  const auto* const gguf = dynamic_cast<const GgufFile*>(&source);
  const bool whole = !gguf && is_whole_model(source);
  const Json config = whole ? config_of(source) : config_at(from);
  const bool model = !gguf && has_gguf_form(config);
  std::vector<TensorSource> tensors = whole ? tensors_of(source, config) : sources_of(source);
  std::vector<GgufPair> pairs;
  if (gguf) {
    pairs = pairs_of(*gguf, dtype);
  } else if (model) {
    pairs = described(config, from, notes);
    tensors = gguf_tensors(config, tensors);
  } else {  // what GGUF's readers ask for first
    const std::string architecture = config.is_object() ? config.text("model_type", "unknown") : "unknown";
    pairs = {{"general.architecture", GgufValue::of(architecture)}, {"general.name", GgufValue::of(file_name(from))}};
    notes.push_back(str("{}: its tensors keep their names, and llama.cpp does not open the file as a model",
                        config.is_object() ? str("'{}' has no form in GGUF that is written here", architecture) : "no config.json says what model it is"));
  }
  if (!gguf && !whole) say_unwritten(said_in(source), "", notes);
  if (!dtype.empty() && stored_type(dtype)->block > 1)  // the version of ggml's blocks
    pairs.push_back({"general.quantization_version", GgufValue::of(GgufType::u32, int64_t{2})});
  const std::vector<GgufTensor> written = typed_for_gguf(tensors, types, !model, notes);
  return {name, [pairs, written](OutFile& out) { write_gguf(out, pairs, written); }};
}

// A GGUF file's, but for how it is laid out, and for what the other files of a folder hold.
Metadata unheld_of(const GgufFile& file, bool in_folder) {
  constexpr std::string_view kLayout[] = {"general.type", "general.alignment", "general.file_type", "general.quantization_version"};
  Metadata said = said_in(file);
  const std::string architecture = file.value("general.architecture") ? file.text("general.architecture") + "." : "general.";
  std::erase_if(said, [&](const auto& m) {
    const std::string& key = m.first;
    const bool held = key == "general.architecture" || key.starts_with(architecture) || key.starts_with("tokenizer.");
    return std::ranges::find(kLayout, key) != std::end(kLayout) || (in_folder && held);
  });
  return said;
}

// The type of most elements, as they are kept.
std::string common_type(const std::vector<TensorSource>& tensors) {
  std::map<std::string_view, int64_t> elements;
  for (const TensorSource& x : tensors) elements[written_type(x, "").name] += x.shape.numel();
  const auto most = std::ranges::max_element(elements, {}, [](const auto& e) { return e.second; });
  return most == elements.end() ? "" : std::string(most->first);
}

void say_changed_types(const std::vector<TensorSource>& tensors, const std::string& dtype, std::vector<std::string>& notes) {
  ChangedTypes changed;
  for (const TensorSource& x : tensors)
    if (dtype.empty() || !is_float(x.dtype)) changed.add(x, x.type().name, written_type(x, dtype).name);
  changed.say(notes);
}

// One file of that name, or the files of a folder where it is empty.
std::vector<CheckpointFile> safetensors_files(const std::string& name, const TensorFile& source, const ConvertOptions& options,
                                              std::vector<std::string>& notes) {
  const auto* const gguf = dynamic_cast<const GgufFile*>(&source);
  const bool whole = is_whole_model(source);
  const Json config = whole ? config_of(source) : Json();
  const std::vector<TensorSource> tensors = whole ? tensors_of(source, config) : sources_of(source);
  say_changed_types(tensors, options.dtype, notes);
  Metadata metadata = gguf || (whole && name.empty()) ? Metadata() : said_in(source);
  metadata["format"] = "pt";
  if (gguf) say_unwritten(unheld_of(*gguf, whole && name.empty()), whole && !name.empty() ? ": a folder holds what describes the model" : "", notes);
  const std::string stem = name.empty() ? "model" : name.substr(0, name.size() - std::string_view(".safetensors").size());
  std::vector<CheckpointFile> all = sharded_files(stem, tensors, options.shard_bytes, options.dtype, metadata);
  if (!name.empty()) return all;
  if (whole)
    for (CheckpointFile& f : folder_files(source, config, options.dtype.empty() ? common_type(tensors) : options.dtype)) all.push_back(std::move(f));
  return all;
}

std::vector<std::string> written_to(const std::string& folder, const std::vector<CheckpointFile>& all) {
  for (const CheckpointFile& f : all)
    GRIM_CHECK(!exists(join_path(folder, f.name)), input, "convert", "{} is there already: expected a new name, so that nothing is overwritten",
               join_path(folder, f.name));
  std::vector<std::string> names;
  for (const CheckpointFile& f : all) {
    names.push_back(join_path(folder, f.name));
    files().make_dirs(parent_folder(names.back()));
    write_atomically(names.back(), f.write);
  }
  return names;
}

}  // namespace

Converted convert_weights(const std::string& from, const std::string& to, const ConvertOptions& options) {
  const std::unique_ptr<TensorFile> source = open_weights_at(from);
  const bool one_file = to.ends_with(".safetensors") || to.ends_with(".gguf");
  const FileKind there = files().kind(to);
  GRIM_CHECK(one_file || there == FileKind::none || there == FileKind::folder, input, "convert",
             "{} is a file: expected a new folder, or a name that ends in .safetensors or .gguf", to);
  if (!one_file && there == FileKind::folder)
    GRIM_CHECK(files().list(to).empty(), input, "convert", "{}: the folder is not empty: expected a new one, so that nothing is overwritten", to);
  Converted made;
  std::vector<CheckpointFile> out;
  if (options.to == WeightsFormat::gguf)
    out.push_back(gguf_file(one_file ? file_name(to) : "model.gguf", from, *source, options.gguf_types(), made.notes));
  else
    out = safetensors_files(one_file ? file_name(to) : "", *source, options, made.notes);
  if (!one_file && source->path() != whole_file_at(from) && files().kind(from) == FileKind::folder)
    for (CheckpointFile& f : companions(from, options.dtype, made.notes)) out.push_back(std::move(f));
  made.files = written_to(one_file ? parent_folder(to) : to, out);
  return made;
}

std::vector<RoundedTensor> rounding_of(const TensorFile& weights, const GgufTypes& types) {
  std::vector<RoundedTensor> all;
  for (const TensorSource& source : is_whole_model(weights) ? tensors_of(weights, config_of(weights)) : sources_of(weights)) {
    const std::string name = gguf_name(source.name), type = type_for_gguf(source, name, types, false);
    const StoredType& blocks = *stored_type(type);
    if (!is_float(source.dtype) || blocks.block == 1) continue;
    const Tensor x = contiguous(cast(source.read(), Dtype::f32)), back = x.like();
    blocks.decode(rounded(source, name, type, types).bytes().data(), back.data<float>(), x.numel());
    double apart = 0, norm = 0;
    for (const float *at = x.data<float>(), *end = at + x.numel(), *to = back.data<float>(); at < end; ++at, ++to) {
      const double w = *at, off = w - *to;
      apart += off * off, norm += w * w;
    }
    all.push_back({source.name, type, x.numel(), norm > 0 ? std::sqrt(apart / norm) : 0});
  }
  return all;
}

std::string rounded_before(const TensorFile& weights) {
  std::map<const StoredType*, int64_t> numbers;
  for (const TensorEntry& e : weights.entries()) numbers[e.type] += e.shape.numel();
  const auto most = std::ranges::max_element(numbers, {}, [](const auto& n) { return n.second; });
  return most != numbers.end() && most->first->block > 1 ? std::string(most->first->name) : "";
}

}  // namespace grim
