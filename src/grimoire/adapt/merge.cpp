#include "grimoire/adapt/merge.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>

#include "grimoire/adapt/fisher.h"
#include "grimoire/adapt/merge_plan.h"
#include "grimoire/adapt/merge_vocabulary.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/io/shards.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/text/tokenizer_files.h"

namespace grim {
namespace {

std::string stored_name(const std::string& dtype) {
  return dtype == "float32" ? "F32" : dtype == "float16" ? "F16" : dtype == "bfloat16" ? "BF16" : "";
}

// What all the readers share; it lives as long as they do.
struct Work {
  MergePlan plan;
  std::unique_ptr<JoinedVocabulary> vocabulary = {};
  uint64_t seed = 0;
  Interference interference = {};
  std::vector<TensorMap> information = {};  // of methods that read data, for each of plan.models

  const MergeModel& model(size_t i) const { return *plan.models[i]; }
  bool joins(const PlannedTensor& t) const { return vocabulary && is_vocabulary(t.first(), model(t.base ? t.base_of : t.of[0])); }

  // f32, dense and nobody else's.
  Tensor numbers(const TensorSource& source, size_t of) const {
    Tensor x = contiguous(cast(source.read(), Dtype::f32));
    if (!x.sole_owner()) x = copy(x);
    const float* const odd = std::find_if_not(x.data<float>(), x.data<float>() + x.numel(), [](float v) { return std::isfinite(v); });
    GRIM_CHECK(odd == x.data<float>() + x.numel(), input, "merge", "{}: '{}' holds {}: expected finite numbers", model(of).name(), source.name,
               static_cast<double>(*odd));
    return x;
  }

  Tensor merged(const PlannedTensor& t) {
    MergeCase c{.values = t.values, .of_models = t.of_models, .rng = Rng(RngMode::philox, seed, t.name)};
    std::vector<const TensorSource*> sources = t.models;
    std::vector<size_t> of = t.of;
    if (t.base) sources.push_back(t.base), of.push_back(t.base_of);
    const auto read = [&](size_t i) {
      if (!joins(t)) return numbers(*sources[i], of[i]);
      return in_joined_vocabulary(*vocabulary, of[i], [&](size_t m) {
        const TensorSource* const other = model(m).find(sources[i]->name);
        return other ? numbers(*other, m) : Tensor();
      }, plan.models.size());
    };
    for (size_t k = 0; k < t.models.size(); ++k) c.models.push_back(read(k));
    if (t.base) c.base = read(t.models.size());
    for (size_t k = 0; k < t.models.size() && plan.method->reads_data; ++k) {
      const auto known = information[t.of[k]].find(t.models[k]->name);
      const bool fits = known != information[t.of[k]].end() && known->second.shape() == c.models[k].shape();
      c.information.push_back(fits ? known->second : Tensor());
    }
    if (t.base && interference.models > 1) add_interference(interference.part(t.part), c.base, c.models);
    return plan.method->merge(c);
  }
};

// What each model's loss on its own data says of its numbers. throws: input, a model without data, or one that predicts no next token
std::vector<TensorMap> information_of(const MergeConfig& config, const MergePlan& plan, uint64_t seed) {
  std::vector<TensorMap> all(plan.models.size());
  for (const MergeSlice& slice : config.slices)
    for (const MergeSource& s : slice.sources) {
      const auto at = std::ranges::find(plan.models, s.model, [](const auto& m) { return m->name(); }) - plan.models.begin();
      if (s.data.empty())
        fail(ErrorKind::input, "merge", str("{}: line {}: {} asks what {} learned, and it has no 'data'", config.source, s.line, config.method, s.model),
             "name a text of its task beside the model: 'data: FILE'");
      const ModelFolder opened = open_model_folder(plan.models[static_cast<size_t>(at)]->folder());
      auto* const lm = dynamic_cast<CausalLm*>(opened.model.get());
      if (!lm || !opened.tokenizer) fail(ErrorKind::input, "merge", str("{}: {} does not predict the next word of a text", config.source, s.model));
      Rng rng(RngMode::philox, seed, s.model);
      all[static_cast<size_t>(at)] = fisher_information(*lm, TextLoss(s.data, *lm, *opened.tokenizer),
                                                        static_cast<int64_t>(plan.tensors.at(0).values.at("rows")), rng);
    }
  return all;
}

// Names of one tensor in all the models stay names of one.
std::string common_place(const PlannedTensor& t) {
  std::string all;
  if (layer_name(t.name)) return all;
  for (const TensorSource* s : t.models) {
    if (s->place.empty()) return "";
    all += s->place + "|";
  }
  return t.base ? t.base->place.empty() ? "" : all + t.base->place : all;
}

TensorSource source_of(const std::shared_ptr<Work>& work, size_t i) {
  const PlannedTensor& t = work->plan.tensors[i];
  const TensorSource& first = t.first();
  const bool alone = t.models.size() == 1 && !t.base && !work->joins(t) && work->plan.method->merge == merge_passthrough &&
                     (t.of_models.empty() || t.of_models[0].at("scale") == 1);
  TensorSource made = first;
  made.name = t.name;
  made.place = common_place(t);
  if (alone || !is_float(first.dtype)) return made;
  if (work->joins(t)) made.shape[0] = work->vocabulary->rows;
  made.stored = &made.type();
  made.dtype = Dtype::f32;
  made.bytes = {};
  made.read = [work, i] { return work->merged(work->plan.tensors[i]); };
  return made;
}

// The keys that say how many layers there are, and what each of them is.
void set_layers(Json& config, const MergePlan& plan) {
  if (plan.layers_from.empty()) return;
  int64_t before = 0;
  for (const auto& [stack, layers] : plan.like->stacks()) before = std::max(before, layers);
  for (const char* key : {"num_hidden_layers", "n_layer", "num_layers", "n_layers"})
    if (const Json* const n = config.find(key); n && n->kind() == Json::Kind::integer && n->as_integer() == before) config.set(key, plan.layers);
  if (const Json* const types = config.find("layer_types"); types && types->is_array() && static_cast<int64_t>(types->size()) == before) {
    Json now = Json::array();
    for (const auto& [of, layer] : plan.layers_from) {
      const Json* const own = plan.models[of]->config().is_object() ? plan.models[of]->config().find("layer_types") : nullptr;
      if (own && layer < static_cast<int64_t>(own->size())) now.push((*own)[static_cast<size_t>(layer)]);
    }
    config.set("layer_types", now);
  }
}

// Beside the weights: what the model that the new one is like has, with what is new in its config.
std::vector<CheckpointFile> companions(const Work& work, const MergeConfig& config, const std::string& dtype, std::vector<std::string>& notes) {
  const MergeModel& like = *work.plan.like;
  const std::string folder = is_adapter_folder(like.folder()) ? read_adapter_config(like.folder()).base : like.folder();
  std::vector<CheckpointFile> all = beside_weights(folder, dtype, notes);
  std::erase_if(all, [&](const CheckpointFile& f) {
    return f.name == "config.json" || f.name == "mergekit_config.yml" || (work.vocabulary && (is_tokenizer_file(f.name) || f.name == "tokenizer_config.json"));
  });
  if (like.config().is_object()) {
    Json own = with_dtype(like.config(), dtype);
    set_layers(own, work.plan);
    if (work.vocabulary) own.set("vocab_size", work.vocabulary->rows);
    all.emplace_back("config.json", own.dump_pretty());
  }
  if (work.vocabulary) all.insert(all.end(), work.vocabulary->files.begin(), work.vocabulary->files.end());
  all.emplace_back("mergekit_config.yml", config.text);
  return all;
}

}  // namespace

MergedModel merge_models(const MergeConfig& config, const std::string& to, const MergeOptions& options) {
  check_new_folder(to, "merge");
  const auto work = std::make_shared<Work>(Work{.plan = plan_merge(config, !config.tokenizer.empty()), .seed = options.seed});
  MergePlan& plan = work->plan;
  if (!config.tokenizer.empty()) work->vocabulary = std::make_unique<JoinedVocabulary>(join_vocabularies(config, plan));
  if (plan.method->reads_data) work->information = information_of(config, plan, options.seed);
  MergedModel made{.tensors = std::ssize(plan.tensors), .layers = plan.layers, .base = config.base, .notes = plan.notes};
  for (size_t k : plan.tensors.at(0).of) made.models.push_back(plan.models[k]->name());
  const bool one_set = std::ranges::all_of(plan.tensors, [&](const PlannedTensor& t) { return t.of == plan.tensors[0].of; });
  if (plan.tensors[0].base && one_set) work->interference.models = plan.tensors[0].of.size();
  std::vector<TensorSource> tensors;
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    tensors.push_back(source_of(work, i));
    made.numbers += tensors.back().shape.numel();
  }
  const std::string dtype = stored_name(config.out_dtype.empty() ? config.dtype : config.out_dtype);
  std::vector<CheckpointFile> all = sharded_files("model", tensors, options.shard_bytes, dtype);
  for (CheckpointFile& f : companions(*work, config, dtype, made.notes)) all.push_back(std::move(f));
  const bool was_there = files().kind(to) != FileKind::none;
  try {
    write_new_folder(to, all);
  } catch (...) {  // a number that does not fit is found on the way
    for (const CheckpointFile& f : all) remove_all(join_path(to, f.name));
    if (!was_there) remove_all(to);
    throw;
  }
  if (work->interference.models > 1) {
    made.interference = std::move(work->interference);
    std::ranges::stable_sort(made.interference.parts, {}, [](const Interference::Part& p) {  // as they follow each other in the model
      const bool layer = p.name.starts_with("layer ");
      return layer ? std::stoll(p.name.substr(6)) : before_layers(p.name) ? int64_t{-1} : INT64_MAX;
    });
  }
  return made;
}

}  // namespace grim
