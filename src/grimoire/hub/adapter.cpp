#include "grimoire/hub/adapter.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/lora.h"
#include "grimoire/text/pattern.h"

namespace grim {
namespace {

constexpr const char* kPrefix = "base_model.model.";  // before all names in peft's files
constexpr const char* kAllLinear = "all-linear";

std::string last_of(std::string_view path) { return std::string(path.substr(path.rfind('.') + 1)); }
bool ends_in(std::string_view path, std::string_view name) {
  return path == name || (path.ends_with(name) && path[path.size() - name.size() - 1] == '.');
}
bool is_below(const std::string& tensor, const std::string& module) {  // a module by its path, or by the end of it
  return tensor.starts_with(module + ".") || tensor.find("." + module + ".") != tensor.npos;
}
bool is_of(const std::string& tensor, const std::vector<std::string>& modules) {
  return std::ranges::any_of(modules, [&](const std::string& m) { return is_below(tensor, m); });
}
bool is_expression(const std::string& target) { return target.find_first_of("*+?()[]|\\^$") != target.npos; }

// Output layers look the same everywhere: an adapter beside one has to be asked for by name.
bool is_output(const std::string& path, const Linear& layer) {
  static const std::set<std::string> kOutputs = {"lm_head", "embed_out", "decoder", "generator_lm_head"};
  return !layer.product().owns_weight() || kOutputs.contains(last_of(path));
}

// peft's defaults for these families: queries and values, or all three where they are one matrix.
bool is_usual(const std::string& path) {
  static const std::set<std::string> kUsual = {"c_attn", "query", "value", "q_proj", "v_proj", "q_lin", "v_lin", "q", "v", "query_key_value"};
  return kUsual.contains(last_of(path));
}

struct Layer {
  std::string path;
  Linear* linear;
};

std::vector<Layer> layers_of(Pretrained& model, const std::vector<std::string>& saved) {
  std::vector<Layer> all;
  model.visit_modules([&](const std::string& path, Module& module) {
    if (auto* const linear = dynamic_cast<Linear*>(&module); linear && !is_of(path + ".", saved)) all.push_back({path, linear});
  });
  return all;
}

bool matches_whole(const Pattern& pattern, const std::string& path) {
  const std::optional<Match> m = pattern.find(path, 0);
  return m && m->begin == 0 && m->end == path.size();
}

std::vector<Layer> matching(const std::vector<Layer>& layers, const std::string& target) {
  std::vector<Layer> found;
  const std::unique_ptr<Pattern> pattern = is_expression(target) ? regex_pattern(target) : nullptr;
  for (const Layer& l : layers)
    if (target == kAllLinear ? !is_output(l.path, *l.linear) : pattern ? matches_whole(*pattern, l.path) : ends_in(l.path, target)) found.push_back(l);
  if (!found.empty()) return found;
  std::vector<std::string> names;
  for (const Layer& l : layers)
    if (const std::string name = last_of(l.path); std::ranges::find(names, name) == names.end()) names.push_back(name);
  fail(ErrorKind::argument, "adapter", str("no layer is called '{}'", target), did_you_mean(target, names, str("there are {}", joined(names))));
}

// "bert.encoder.x" and "encoder.x" are the same tensor: folders without a head lack the name of the body.
bool same_tensor(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto without_first = [](std::string_view long_one, std::string_view short_one) {
    const size_t dot = long_one.find('.');
    return dot != long_one.npos && long_one.substr(dot + 1) == short_one;
  };
  return without_first(a, b) || without_first(b, a);
}

std::string found_from(const std::string& folder, const std::string& base) {
  if (base.empty()) return base;
  for (const std::string& place : {base, join_path(folder, base)})
    if (exists(place)) return place;
  fail(ErrorKind::input, "adapter", str("{}: key 'base_model_name_or_path': there is no '{}'", join_path(folder, kAdapterConfig), base),
       "write the path of the folder there whose model the adapter was made for");
}

bool says_nothing(const Json& value) {
  return value.is_null() || value == Json(false) || ((value.is_object() || value.is_array()) && value.size() == 0);
}

std::vector<std::string> names_in(const Json& json, const char* key) {
  std::vector<std::string> names;
  const Json* const value = json.find(key);
  if (!value || value->is_null()) return names;
  if (!value->is_array()) return {value->as_text()};
  for (const Json& name : value->items()) names.push_back(name.as_text());
  return names;
}

}  // namespace

Options AdapterConfig::options() {
  return {{.name = "adapter", .help = "leave the model as it is, and teach what stands beside it: lora, two thin matrices beside each of the targets",
           .target = by_choice(&kind), .choices = {"none", "lora"}, .basic = true, .with = "init-from"},
          {.name = "rank", .help = "how thin: rank x (in + out) numbers learn beside a matrix of in x out", .target = &rank, .low = 1, .high = 1 << 16,
           .basic = true, .with = "adapter=lora"},
          {.name = "alpha", .help = "what is learned counts alpha / rank times", .target = &alpha, .low = 0, .with = "adapter=lora"},
          {.name = "rank-stabilised", .help = "it counts alpha / sqrt(rank) times, which suits large ranks", .target = &rank_stabilised,
           .with = "adapter=lora"},
          {.name = "targets", .help = "layers beside which it learns: a name such as q_proj, a regular expression, or all-linear; may be given again; "
                                      "without one, queries and values", .target = &targets, .with = "adapter=lora"},
          {.name = "trained-whole", .help = "a module that learns itself, likewise by name", .target = &saved, .with = "adapter=lora"}};
}

double AdapterConfig::scale() const {
  const auto r = static_cast<double>(rank);
  return alpha / (rank_stabilised ? std::sqrt(r) : r);
}

AdapterConfig AdapterConfig::from_json(const Json& json, const std::string& source) {
  if (const std::string type = json.text("peft_type", ""); type != "LORA")
    fail(ErrorKind::input, "adapter", str("{}: key 'peft_type': got '{}', expected LORA", source, type));
  static const std::set<std::string> kUsed = {"peft_type", "r", "lora_alpha", "use_rslora", "target_modules", "modules_to_save", "base_model_name_or_path"};
  // Of training, of bookkeeping, or of what a key beside it would turn on.
  static const std::set<std::string> kHarmless = {"peft_version", "task_type", "auto_mapping", "revision", "inference_mode", "init_lora_weights",
                                                  "lora_dropout", "fan_in_fan_out", "megatron_core", "qalora_group_size"};
  for (size_t i = 0; i < json.size(); ++i) {
    const std::string& key = json.keys()[i];
    if (kUsed.contains(key) || kHarmless.contains(key) || says_nothing(json[i]) || (key == "bias" && json[i] == Json("none"))) continue;
    fail(ErrorKind::input, "adapter", str("{}: key '{}' is {}, which is not understood here", source, key, json[i].dump()),
         "in peft, merge_and_unload makes a whole model of it");
  }
  AdapterConfig c{.kind = AdapterKind::lora, .rank = json.integer("r"), .alpha = json.real("lora_alpha"), .rank_stabilised = json.boolean("use_rslora", false),
                  .targets = names_in(json, "target_modules"), .saved = names_in(json, "modules_to_save"), .base = json.text("base_model_name_or_path", "")};
  GRIM_CHECK(c.rank >= 1 && c.rank <= 1 << 16, input, "adapter", "{}: key 'r': got {}, expected 1 to 65536", source, c.rank);
  GRIM_CHECK(std::isfinite(c.alpha), input, "adapter", "{}: key 'lora_alpha': got {}, expected a finite number", source, c.alpha);
  return c;
}

Json AdapterConfig::to_json(const Pretrained& adapted) const {
  std::vector<std::string> paths;
  bool in_out = false;
  const_cast<Pretrained&>(adapted).visit_modules([&](const std::string& path, Module& module) {
    const auto* const linear = dynamic_cast<const Linear*>(&module);
    const auto* const lora = linear ? dynamic_cast<const Lora*>(&linear->product()) : nullptr;
    if (!lora) return;
    paths.push_back(path);
    in_out |= lora->layout() == WeightLayout::in_out;
  });
  const bool by_path = std::ranges::any_of(targets, is_expression), all = targets.size() == 1 && targets[0] == kAllLinear;
  std::set<std::string> names;
  for (const std::string& path : paths) names.insert(last_of(path));
  return Json::object({{"peft_type", "LORA"},
                       {"base_model_name_or_path", base},
                       {"r", rank},
                       {"lora_alpha", alpha},
                       {"use_rslora", rank_stabilised},
                       {"lora_dropout", 0.0},
                       {"target_modules", all       ? Json(kAllLinear)
                                           : by_path ? Json::array_of(paths)
                                                     : targets.empty() ? Json::array_of(names) : Json::array_of(targets)},
                       {"modules_to_save", saved.empty() ? Json() : Json::array_of(saved)},
                       {"fan_in_fan_out", in_out},
                       {"bias", "none"},
                       {"task_type", Json()},
                       {"inference_mode", true}});
}

bool is_adapter_folder(const std::string& path) { return exists(join_path(path, kAdapterConfig)); }

AdapterConfig read_adapter_config(const std::string& folder) {
  const std::string path = join_path(folder, kAdapterConfig);
  AdapterConfig c = AdapterConfig::from_json(Json::parse(read_file(path), path), path);
  c.base = found_from(folder, c.base);
  return c;
}

void attach_adapter(Pretrained& model, const AdapterConfig& config, Rng& rng) {
  const std::vector<Layer> layers = layers_of(model, config.saved);
  std::vector<Layer> found;
  const auto add = [&](const std::vector<Layer>& more) {
    for (const Layer& l : more)
      if (std::ranges::find(found, l.path, &Layer::path) == found.end()) found.push_back(l);
  };
  for (const std::string& target : config.targets) add(matching(layers, target));
  if (config.targets.empty()) std::ranges::copy_if(layers, std::back_inserter(found), [](const Layer& l) { return is_usual(l.path); });
  if (found.empty()) add(matching(layers, kAllLinear));
  model.freeze([&](const std::string& name) { return !is_of(name, config.saved); });
  for (const Layer& l : found)
    l.linear->replace([&](std::unique_ptr<Product> old) { return std::make_unique<Lora>(std::move(old), config.rank, config.scale(), rng); });
}

int64_t merge_adapters(Module& model) {
  int64_t count = 0;
  model.visit_modules([&](const std::string&, Module& module) {
    auto* const linear = dynamic_cast<Linear*>(&module);
    if (!linear || !dynamic_cast<const Lora*>(&linear->product())) return;
    linear->replace([](std::unique_ptr<Product> old) {
      return Lora::merged(std::unique_ptr<Lora>(static_cast<Lora*>(old.release())));
    });
    ++count;
  });
  return count;
}

AdapterConfig adapter_of_run(const Pretrained& model, const AdapterConfig& asked, const std::string& folder) {
  AdapterConfig c = asked;
  if (folder.empty()) return c;  // a model that is only looked at
  c.base = absolute_path(model_folder_in(folder));
  const std::vector<std::string> held = weight_names(c.base);
  for (const NamedTensor& t : model.checkpoint()) {
    if (std::ranges::any_of(held, [&](const std::string& name) { return same_tensor(name, t.name); })) continue;
    const std::string module = t.name.substr(0, t.name.rfind('.'));
    if (!is_of(module + ".", c.saved)) c.saved.push_back(module);
  }
  return c;
}

std::vector<CheckpointFile> adapter_files(const Pretrained& model, const AdapterConfig& config, std::vector<CheckpointFile> whole) {
  std::erase_if(whole, [](const CheckpointFile& f) { return is_weights_file(f.name); });
  std::vector<NamedTensor> learned;
  for (const NamedTensor& t : model.checkpoint())
    if (t.name.find(".lora_") != t.name.npos || is_of(t.name, config.saved)) learned.push_back({kPrefix + t.name, t.tensor});
  whole.emplace_back(kAdapterConfig, config.to_json(model).dump_pretty());
  whole.push_back(tensor_file(kAdapterWeights, learned));
  return whole;
}

std::vector<NamedTensor> adapter_tensors(const std::string& folder) {
  const std::unique_ptr<TensorFile> file = open_tensor_file(join_path(folder, kAdapterWeights));
  std::vector<NamedTensor> all;
  for (const TensorEntry& e : file->entries()) {
    GRIM_CHECK(e.name.starts_with(kPrefix), input, "adapter", "{}: tensor '{}': expected a name that begins with {}", file->path(), e.name, kPrefix);
    all.push_back({e.name.substr(std::string_view(kPrefix).size()), file->read(e)});
  }
  return all;
}

}  // namespace grim
