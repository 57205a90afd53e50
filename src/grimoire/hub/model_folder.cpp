#include "grimoire/hub/model_folder.h"

#include <algorithm>
#include <set>
#include <span>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/adapter_fit.h"
#include "grimoire/hub/few_bits.h"
#include "grimoire/hub/whole_file.h"
#include "grimoire/io/shards.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/products.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/text/tokenizer_files.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

Json read_json(const std::string& path) { return Json::parse(read_file(path), path); }

// The generation settings come before those of the model.
std::vector<int64_t> ids_of(const ModelFolder& folder, const char* key) {
  const std::vector<int64_t> ids = token_ids(folder.generation, key);
  return ids.empty() ? token_ids(folder.config, key) : ids;
}

// The settings beside a tokenizer: config.json and generation_config.json, of which the second may not be there.
template <class F> void each_settings(const ModelFolder& opened, const std::string& folder, F&& f) {
  for (const auto& [settings, file] : {std::pair(&opened.config, "config.json"), {&opened.generation, "generation_config.json"}})
    if (settings->is_object()) f(*settings, join_path(folder, file));
}

void add_faults_of_ids(const ModelFolder& opened, const std::string& folder, std::vector<Fault>& all) {
  each_settings(opened, folder, [&](const Json& settings, const std::string& path) {
    for (Fault& fault : token_id_faults(settings, path, opened.config.integer("vocab_size"))) all.push_back(std::move(fault));
  });
}

// Items end where the tokenizer says: another end in the settings would be read and not kept.
void add_faults_of_ends(const Json& settings, const std::string& path, const Tokenizer& tokenizer, std::vector<Fault>& all) {
  const Json boundary = tokenizer.boundary() ? Json(*tokenizer.boundary()) : Json();
  for (const char* key : {"bos_token_id", "eos_token_id"}) {
    const Json* const id = settings.find(key);
    if (id && !id->is_null() && !(*id == boundary))
      all.push_back({str("{}: key '{}' is {}, but the tokenizer's boundary is {}", path, key, id->dump(), boundary.dump()),
                     str("write {}, as texts begin and end there, or take the key out", boundary.dump())});
  }
}

// A vocabulary of characters is the model's own. Others may be smaller than the model's, whose tables are often padded.
void add_faults_of_tokenizer(const ModelFolder& opened, const std::string& folder, std::vector<Fault>& all) {
  const int64_t V = opened.config.integer("vocab_size"), W = opened.tokenizer->vocab_size();
  const bool characters = dynamic_cast<const CharTokenizer*>(opened.tokenizer.get()) != nullptr;
  if (characters)
    each_settings(opened, folder, [&](const Json& settings, const std::string& path) { add_faults_of_ends(settings, path, *opened.tokenizer, all); });
  if (characters ? V != W : V < W)
    all.push_back({str("{}: key 'vocab_size' is {}, but the tokenizer beside it has {} tokens", join_path(folder, "config.json"), V, W),
                   "the folder's files are not of one model: put its own back"});
}

// What config.json describes, from which nothing is allocated yet. `path` is named in errors, in place of the bare name that models know it by.
std::unique_ptr<ModelConfig> shape_of(const Json& config, const std::string& path) {
  try {
    return architecture_of(config).from_json(config);
  } catch (const Error& e) {
    constexpr std::string_view kBare = "config.json: ";
    std::string what = e.what();
    if (const size_t at = what.find(kBare); at != what.npos && what.find(path) == what.npos) what.replace(at, kBare.size() - 2, path);
    throw Error(ErrorKind::input, what.find(path) == what.npos ? str("{}: {}", path, what) : what, e.hint());
  }
}

// Before anything large is allocated: do the weights fill it?
void check_size(const ModelConfig& shape, const TensorFile& weights, const std::string& folder) {
  int64_t held = 0;
  for (const TensorEntry& e : weights.entries()) held += std::max(e.shape.numel(), static_cast<int64_t>(e.bytes));  // at least a byte each, or quantised
  const auto described = static_cast<int64_t>(std::min(shape.parameter_count(), 4e18));
  if (described > held)
    fail(ErrorKind::input, "checkpoint",
         str("{}: config.json describes {} parameters, {} holds {} bytes", folder, with_commas(described), file_name(weights.path()), with_commas(held)),
         "the folder's files are not of one model: put its own config.json back, or its weights");
}

constexpr const char* kContradicted = "correct the key, or put the config.json back that belongs to these weights";

std::vector<std::string> contradictions_of(const ModelConfig& shape, const Json& config, const TensorFile& weights) {
  return contradictions(config, shape.shapes(), weights.entries(), file_name(weights.path()));
}

// The first; "" also where config.json describes nothing that is known here.
std::string contradiction_of(const Json& config, const std::string& config_path, const TensorFile& weights) {
  try {
    const std::vector<std::string> all = contradictions_of(*shape_of(config, config_path), config, weights);
    return all.empty() ? "" : all[0];
  } catch (const Error&) {
    return "";
  }
}

// f(), where what goes wrong with weights that config.json contradicts is told by the key that does.
template <class F> void against_config(const Json& config, const TensorFile& weights, const std::string& config_path, F&& f) {
  try {
    f();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::input) throw;
    const std::string found = contradiction_of(config, config_path, weights);
    if (found.empty()) throw;
    fail(ErrorKind::input, "checkpoint", str("{}: {}", config_path, found), kContradicted);
  }
}

constexpr const char* kWeights[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"};

std::vector<NamedTensor> read_all(const std::vector<TensorSource>& sources) {
  std::vector<NamedTensor> tensors;
  for (const TensorSource& source : sources) tensors.push_back({source.name, source.read()});
  return tensors;
}

// Matrices that are to be of few bits are put into the model one after the other, where all its tensors have the names of the sources, and leave them:
// never do they stand in memory as floats together.
void put_quantised(ModelFolder& opened, std::vector<TensorSource>& sources, WeightType products) {
  const auto named = [&](const std::string& name) { return std::ranges::find(sources, name, &TensorSource::name); };
  for (const NamedTensor& t : opened.model->parameters())
    if (named(t.name) == sources.end()) return;
  for (const QuantisedPlace& place : quantised_places(*opened.model)) {
    const auto source = named(place.path);
    if (source == sources.end() || source->shape != place.shape) continue;
    const std::optional<BlockType> type = few_bits_of(*source, products);
    if (!type) continue;
    place.put(quantised(*source, *type, place.layout));
    opened.products = weight_type(*type);
    sources.erase(source);
  }
}

void load(ModelFolder& opened, std::vector<TensorSource> sources, const std::string& path, WeightType products) {
  const std::optional<BlockType> type = block_type(products);
  if (type || products == WeightType::automatic) put_quantised(opened, sources, products);
  opened.model->load(read_all(sources), path);
  if (type && quantise_products(*opened.model, *type) > 0) opened.products = products;
  if (type && opened.products != products)
    fail(ErrorKind::argument, "dtype", str("{}: got {}, expected f32: model_type '{}' multiplies by no matrix whose rows are a multiple of {}", path,
                                           name_of(products), opened.config.text("model_type"), device::kBlock));
}

// The model that opened.config describes, checked against what stands beside it. `path` names it in errors.
void build(ModelFolder& opened, const ModelConfig& shape, const std::string& path, WeightType products) {
  Rng nothing_drawn(RngMode::unset, 0);
  opened.model = shape.build(nothing_drawn);
  if (products == WeightType::bf16) {
    opened.products = products;
    GRIM_CHECK(hold_products_in_bf16(*opened.model) > 0, argument, "dtype", "{}: got bf16, expected f32: model_type '{}' multiplies by no matrix", path,
               opened.config.text("model_type"));
  }
  if (opened.tokenizer) {
    std::vector<Fault> faults;
    add_faults_of_ids(opened, parent_folder(path), faults);
    add_faults_of_tokenizer(opened, parent_folder(path), faults);
    if (!faults.empty()) throw Faults(std::move(faults));
  }
  const std::vector<int64_t> begins = ids_of(opened, "bos_token_id");
  if (!begins.empty()) opened.begin = begins[0];
  opened.ends = ids_of(opened, "eos_token_id");
}

ModelFolder open_whole(const std::string& path, WeightType products) {
  const std::unique_ptr<TensorFile> file = open_tensor_file(path);
  ModelFolder opened{.model = {}, .tokenizer = tokenizer_of(*file), .config = config_of(*file)};
  const std::unique_ptr<ModelConfig> shape = shape_of(opened.config, path);
  check_size(*shape, *file, path);
  build(opened, *shape, path, products);
  load(opened, tensors_of(*file, opened.config), file->path(), products);
  return opened;
}

// Those of the base, but what the adapter has learned whole and what `model` holds in few bits, and the adapter's.
std::vector<NamedTensor> weights_of_adapter(Module& model, const std::string& folder, const AdapterConfig& adapter) {
  std::vector<NamedTensor> all = adapter_tensors(folder);
  std::set<std::string> own;
  for (const NamedTensor& t : all) own.insert(t.name);
  const WeightSources base(adapter.base);
  for (const TensorSource& source : beside_few_bits(model, base.all))
    if (!own.contains(source.name)) all.push_back({source.name, source.read()});
  return all;
}

}  // namespace

WeightSources::WeightSources(const std::string& path) {
  if (is_adapter_folder(path)) {
    merged_ = open_model_folder(path).model;
    all = sources_of(merged_->checkpoint());
  } else if (const std::string whole = whole_file_at(path); !whole.empty()) {
    file_ = open_tensor_file(whole);
    all = tensors_of(*file_, config_of(*file_));
  } else {
    file_ = open_weights(path);
    all = sources_of(*file_);
  }
}

AdaptedFolder open_adapted(const std::string& path, const std::string& base) {
  AdaptedFolder adapted{.opened = {}, .adapter = read_adapter_config(path, base)};
  ModelFolder& opened = adapted.opened;
  const std::string& from = adapted.adapter.base;
  GRIM_CHECK(!from.empty(), input, "adapter", "{}: key 'base_model_name_or_path' is null: expected the folder of the model that it stands beside",
             join_path(path, kAdapterConfig));
  const bool whole = exists(join_path(path, "config.json"));  // peft leaves that to the base
  const std::string config_path = join_path(whole ? path : from, "config.json");
  opened.config = model_config(whole ? path : from);
  opened.tokenizer = find_tokenizer(path);
  if (!opened.tokenizer) opened.tokenizer = find_tokenizer(from);
  for (const std::string& folder : {path, from})
    if (const std::string generation = join_path(folder, "generation_config.json"); opened.generation.is_null() && exists(generation))
      opened.generation = read_json(generation);
  if (!whole) check_tokenizer(opened, path);
  build(opened, *shape_of(opened.config, config_path), config_path, WeightType::f32);
  if (!whole) {
    const std::vector<NamedTensor> learned = adapter_tensors(path);
    check_rows(opened, path, learned);
    if (std::unique_ptr<Pretrained> headed = with_trained_head(opened, adapted.adapter, learned)) {
      opened.model = std::move(headed);
      opened.config = opened.model->config();
    }
  }
  Rng nothing_drawn(RngMode::unset, 0);
  attach_adapter(*opened.model, adapted.adapter, nothing_drawn);
  opened.model->load(weights_of_adapter(*opened.model, path, adapted.adapter), path);
  return adapted;
}

ModelFolder open_model_folder(const std::string& path, WeightType products) {
  if (is_adapter_folder(path)) {
    ModelFolder merged = open_adapted(path).opened;
    merge_adapters(*merged.model);
    if (products == WeightType::bf16) round_products_to_bf16(*merged.model);
    if (const std::optional<BlockType> type = block_type(products)) quantise_products(*merged.model, *type);
    if (products != WeightType::automatic) merged.products = products;
    return merged;
  }
  if (const std::string file = whole_file_at(path); !file.empty()) return open_whole(file, products);
  ModelFolder opened;
  const std::string config_path = join_path(path, "config.json"), generation_path = join_path(path, "generation_config.json");
  opened.config = read_json(config_path);
  const std::unique_ptr<TensorFile> weights = open_weights(path);
  const std::unique_ptr<ModelConfig> shape = shape_of(opened.config, config_path);
  against_config(opened.config, *weights, config_path, [&] { check_size(*shape, *weights, path); });
  opened.tokenizer = find_tokenizer(path);
  if (exists(generation_path)) opened.generation = read_json(generation_path);
  against_config(opened.config, *weights, config_path, [&] {
    build(opened, *shape, config_path, products);
    load(opened, sources_of(*weights), weights->path(), products);
  });
  return opened;
}

std::vector<Fault> faults_of_folder(const std::string& path) {
  std::vector<Fault> all;
  const auto collect = [&](auto&& work) {
    try {
      work();
      return true;
    } catch (const Faults& e) {
      all.insert(all.end(), e.all().begin(), e.all().end());
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::input) throw;
      all.push_back({e.what(), e.hint()});
    }
    return false;
  };
  if (const std::string file = whole_file_at(path); !file.empty()) {
    collect([&] { open_whole(file, WeightType::f32); });
    return all;
  }
  ModelFolder opened;
  std::unique_ptr<TensorFile> weights;
  std::unique_ptr<ModelConfig> shape;
  const std::string config_path = join_path(path, "config.json"), generation_path = join_path(path, "generation_config.json");
  if (collect([&] { opened.config = read_json(config_path); })) collect([&] { shape = shape_of(opened.config, config_path); });
  collect([&] { opened.tokenizer = find_tokenizer(path); });
  collect([&] { if (exists(generation_path)) opened.generation = read_json(generation_path); });
  collect([&] { weights = open_weights(path); });
  const Json* const vocabulary = opened.config.is_object() ? opened.config.find("vocab_size") : nullptr;
  if (vocabulary && vocabulary->kind() == Json::Kind::integer) {
    collect([&] { add_faults_of_ids(opened, path, all); });
    if (opened.tokenizer) collect([&] { add_faults_of_tokenizer(opened, path, all); });
  }
  if (!shape || !weights) return all;
  const std::vector<std::string> sentences = contradictions_of(*shape, opened.config, *weights);
  for (const std::string& sentence : sentences) all.push_back({str("[checkpoint] {}: {}", config_path, sentence), kContradicted});
  if (!collect([&] { check_size(*shape, *weights, path); })) return all;  // too large to be made
  collect([&] {
    Rng nothing_drawn(RngMode::unset, 0);
    shape->build(nothing_drawn)->load(read_all(sources_of(*weights)), weights->path());
  });
  std::erase_if(all, [&](const Fault& f) {  // the key was named already
    return !f.tensor.empty() && std::ranges::any_of(sentences, [&](const std::string& s) { return s.find(str("'{}'", f.tensor)) != s.npos; });
  });
  return all;
}

Json model_config(const std::string& path) {
  const std::string file = whole_file_at(path);
  return file.empty() ? read_json(join_path(path, "config.json")) : config_of(*open_tensor_file(file));
}

bool holds_weights(const std::string& folder) {
  return std::any_of(std::begin(kWeights), std::end(kWeights), [&](const char* name) { return exists(join_path(folder, name)); });
}

std::vector<std::string> weight_names(const std::string& path) {
  std::vector<std::string> names;
  for (const TensorSource& source : WeightSources(path).all) names.push_back(source.name);
  return names;
}

bool is_weights_file(std::string_view name) {
  constexpr std::string_view kEnds[] = {".safetensors", ".safetensors.index.json", ".bin",  ".bin.index.json", ".gguf", ".pt", ".pth", ".onnx",
                                       ".onnx_data",   ".h5",                     ".msgpack", ".ot"};
  const bool ends = std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); });
  return (ends && !is_tokenizer_file(name)) || name == kManifestName;
}

std::unique_ptr<TensorFile> open_weights(const std::string& folder) {
  for (const char* name : kWeights)
    if (exists(join_path(folder, name))) return open_tensor_file(join_path(folder, name));
  refuse_shards_without_index(folder);
  std::string there;
  if (files().kind(folder) == FileKind::folder) {
    const std::vector<std::string> names = files().list(folder);
    there = names.empty() ? ", the folder is empty" : str(", it holds {}", joined(std::span(names).first(std::min<size_t>(names.size(), 8))));
  }
  fail(ErrorKind::input, "checkpoint", str("{}: there are no weights{}", folder, there),
       "expected model.safetensors, or model.safetensors.index.json with its shards, or pytorch_model.bin, or one GGUF file and no config.json");
}

namespace {

// Items begin and end with the tokenizer's boundary; other texts with what tokenizer_config.json names, if anything.
Json special_id(const Tokenizer& tokenizer, const std::string& key) {
  if (tokenizer.boundary()) return *tokenizer.boundary();
  const std::optional<std::string> token = token_in(tokenizer.config_json(), key);
  const std::optional<int64_t> id = token ? tokenizer.id_of(*token) : std::nullopt;
  return id ? Json(*id) : Json();
}

}  // namespace

std::vector<CheckpointFile> model_files(const Pretrained& model, const Tokenizer* tokenizer, int64_t shard_bytes) {
  Json config = model.config();
  std::vector<CheckpointFile> files = sharded_files("model", sources_of(model.checkpoint()), shard_bytes);
  if (tokenizer) {
    Json generation = Json::object();
    for (const char* name : {"bos", "eos"}) {
      const std::string key = str("{}_token_id", name);
      const Json* const own = config.find(key);
      Json id = special_id(*tokenizer, str("{}_token", name));
      if (id.is_null() && own && config.find("is_encoder_decoder")) id = *own;  // which was trained with it
      if (own) config.set(key, id);
      generation.set(key, id);
    }
    for (const char* key : {"decoder_start_token_id", "pad_token_id", "forced_bos_token_id", "forced_eos_token_id"})  // what is there hides config.json's
      if (const Json* const id = config.find(key); id && !id->is_null() && config.find("is_encoder_decoder")) generation.set(key, *id);
    files.emplace_back("tokenizer.json", tokenizer->to_json().dump_pretty());
    files.emplace_back("tokenizer_config.json", tokenizer->config_json().dump_pretty());
    files.emplace_back("generation_config.json", generation.dump_pretty());
  }
  files.insert(files.begin(), {"config.json", config.dump_pretty()});
  return files;
}

std::shared_ptr<const Tokenizer> find_tokenizer(const std::string& path) {
  if (const std::string file = whole_file_at(path); !file.empty()) return tokenizer_of(*open_tensor_file(file));
  if (files().kind(path) == FileKind::folder && tokenizer_file_in(path).empty()) return nullptr;
  return load_tokenizer(path);
}

std::shared_ptr<const Tokenizer> open_tokenizer(const std::string& path) {
  const std::string file = whole_file_at(path);
  if (file.empty()) return load_tokenizer(path);
  std::shared_ptr<const Tokenizer> tokenizer = tokenizer_of(*open_tensor_file(file));
  if (!tokenizer)
    fail(ErrorKind::input, "tokenizer", str("{}: there is no tokenizer in it or beside it", file), "put its tokenizer.bin or tokenizer.json there");
  return tokenizer;
}

void load_weights(Pretrained& model, const std::string& path) {
  if (is_adapter_folder(path)) return model.load(weights_of_adapter(model, path, read_adapter_config(path)), path);
  if (const std::string whole = whole_file_at(path); !whole.empty()) {
    const std::unique_ptr<TensorFile> file = open_tensor_file(whole);
    return model.load(read_all(beside_few_bits(model, tensors_of(*file, config_of(*file)))), file->path());
  }
  const std::unique_ptr<TensorFile> weights = open_weights(path);
  const std::string config_path = join_path(path, "config.json");
  const std::vector<TensorSource> sources = beside_few_bits(model, sources_of(*weights));
  if (!exists(config_path)) return model.load(read_all(sources), weights->path());
  const Json config = read_json(config_path);
  against_config(config, *weights, config_path, [&] { model.load(read_all(sources), weights->path()); });
}

}  // namespace grim
