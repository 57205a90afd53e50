#include "grimoire/hub/adapter.h"

#include <algorithm>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/few_bits.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/module_names.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/nn/dora.h"
#include "grimoire/nn/ia3.h"

namespace grim {
namespace {

constexpr const char* kPrefix = "base_model.model.";  // before all names in peft's files

// peft's defaults for these families. LoRA: queries and values, or all three where they are one matrix. IA3: keys and values, and what closes a
// feed-forward part, whose input it multiplies.
bool is_usual(AdapterKind kind, const std::string& path) {
  static const std::set<std::string> kLora = {"c_attn", "query", "value", "q_proj", "v_proj", "q_lin", "v_lin", "q", "v", "query_key_value"};
  static const std::set<std::string> kIa3 = {"c_attn", "key", "value", "k_proj", "v_proj", "k_lin", "v_lin", "k", "v", "query_key_value"};
  return (kind == AdapterKind::ia3 ? kIa3 : kLora).contains(last_of(path));
}
bool closes_feed_forward(const std::string& path) {
  static const std::vector<std::string> kNames = {"output.dense", "down_proj", "wo", "mlp.c_proj", "dense_4h_to_h", "fc2", "ffn.lin2"};
  return std::ranges::any_of(kNames, [&](const std::string& name) { return ends_in(path, name); });
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

[[noreturn]] void refuse_name(const std::vector<Layer>& layers, const std::string& name) {
  std::vector<std::string> names;
  for (const Layer& l : layers)
    if (const std::string last = last_of(l.path); std::ranges::find(names, last) == names.end()) names.push_back(last);
  fail(ErrorKind::argument, "adapter", str("no layer is called '{}'", name), did_you_mean(name, names, str("there are {}", joined(names))));
}

std::vector<Layer> matching(const std::vector<Layer>& layers, const std::string& target) {
  std::vector<Layer> found;
  const PathTest fits = paths_of(target);
  for (const Layer& l : layers)
    if (target == kAllLinear ? !is_output_layer(l.path, *l.linear) : fits(l.path)) found.push_back(l);
  if (found.empty()) refuse_name(layers, target);
  return found;
}

// Of several targets each layer once.
std::vector<Layer> targeted(const std::vector<Layer>& layers, const AdapterConfig& config) {
  std::vector<Layer> found;
  const auto add = [&](const std::vector<Layer>& more) {
    for (const Layer& l : more)
      if (std::ranges::find(found, l.path, &Layer::path) == found.end()) found.push_back(l);
  };
  for (const std::string& target : config.targets) add(matching(layers, target));
  if (config.targets.empty())
    std::ranges::copy_if(layers, std::back_inserter(found), [&](const Layer& l) {
      return is_usual(config.kind, l.path) || (config.kind == AdapterKind::ia3 && closes_feed_forward(l.path));
    });
  if (found.empty()) add(matching(layers, kAllLinear));
  return found;
}

std::unique_ptr<Product> adapted(std::unique_ptr<Product> old, const AdapterConfig& config, const std::string& path, bool input, Rng& rng) {
  if (config.kind == AdapterKind::ia3) return std::make_unique<Ia3>(std::move(old), input ? Ia3Side::input : Ia3Side::output);
  if (config.kind == AdapterKind::dora) return std::make_unique<Dora>(std::move(old), config.rank_of(path), config.scale_of(path), rng);
  return std::make_unique<Lora>(std::move(old), config.rank_of(path), config.scale_of(path), rng);
}

std::string found_from(const std::string& folder, const std::string& base) {
  if (base.empty()) return base;
  for (const std::string& place : {base, join_path(folder, base)})
    if (exists(place)) return absolute_path(place);
  fail(ErrorKind::input, "adapter", str("{}: key 'base_model_name_or_path': there is no '{}'", join_path(folder, kAdapterConfig), base),
       "write the path of the folder there whose model the adapter was made for");
}

// The adapter of such a run.
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

}  // namespace

bool is_adapter_folder(const std::string& path) { return exists(join_path(path, kAdapterConfig)); }

std::string adapter_folder_in(const std::string& path) {
  const std::string folder = !is_adapter_folder(path) && is_run_folder(path) ? model_folder_in(path) : path;
  if (is_adapter_folder(folder)) return folder;
  fail(ErrorKind::input, "adapter", str("'{}' holds no adapter: there is no {}", folder, kAdapterConfig),
       exists(folder) ? "it may be a whole model: an adapter's folder names the model that it stands beside" : "");
}

AdapterConfig read_adapter_config(const std::string& folder, const std::string& base) {
  const std::string path = join_path(folder, kAdapterConfig);
  AdapterConfig c = AdapterConfig::from_json(Json::parse(read_file(path), path), path);
  c.base = base.empty() ? found_from(folder, c.base) : model_folder_in(base);
  return c;
}

void attach_adapter(Pretrained& model, const AdapterConfig& config, Rng& rng) {
  hold_base(model, config);
  const std::vector<Layer> layers = layers_of(model, config.saved), found = targeted(layers, config);
  std::vector<Layer> inputs;
  for (const std::string& name : config.inputs)
    for (const Layer& l : matching(found, name)) inputs.push_back(l);
  const auto by_input = [&](const std::string& path) {
    return config.inputs.empty() ? closes_feed_forward(path) : std::ranges::find(inputs, path, &Layer::path) != inputs.end();
  };
  model.freeze([&](const std::string& name) { return !is_of(name, config.saved); });
  for (const Layer& l : found)
    l.linear->replace([&](std::unique_ptr<Product> old) { return adapted(std::move(old), config, l.path, by_input(l.path), rng); });
}

AdapterConfig attach_adapter_of_run(Pretrained& model, const AdapterConfig& asked, const std::string& folder, Rng& rng) {
  AdapterConfig config = adapter_of_run(model, asked, folder);
  const std::vector<Layer> found = targeted(layers_of(model, config.saved), config);
  for (const auto* const patterns : {&config.ranks, &config.alphas})
    for (const std::string& text : *patterns) {
      const std::string name = text.substr(0, text.rfind('='));
      const PathTest fits = paths_like(name);
      if (std::ranges::none_of(found, [&](const Layer& l) { return fits(l.path); })) refuse_name(found, name);
    }
  attach_adapter(model, config, rng);
  return config;
}

void each_adapted(Module& model, const std::function<void(const std::string& path, Linear& layer)>& f) {
  model.visit_modules([&](const std::string& path, Module& module) {
    if (auto* const linear = dynamic_cast<Linear*>(&module); linear && Adapter::of(*linear)) f(path, *linear);
  });
}

int64_t merge_adapters(Module& model) {
  int64_t count = 0;
  each_adapted(model, [&](const std::string&, Linear& layer) { merge_adapter(layer), ++count; });
  return count;
}

AdapterDropout::AdapterDropout(Module& model, double p, Pass& pass) : model_(p > 0 && pass.training ? &model : nullptr) {
  if (model_) each_adapted(*model_, [&](const std::string&, Linear& layer) { Adapter::of(layer)->drop(p, pass.next_key()); });
}

AdapterDropout::~AdapterDropout() {
  if (model_) each_adapted(*model_, [](const std::string&, Linear& layer) { Adapter::of(layer)->drop(0, std::nullopt); });
}

bool is_output_layer(const std::string& path, const Linear& layer) {
  static const std::set<std::string> kOutputs = {"lm_head", "embed_out", "decoder", "generator_lm_head"};
  return dynamic_cast<const Tied*>(&layer.product()) || kOutputs.contains(last_of(path));
}

bool is_adapter_tensor(std::string_view name) { return name.find(".lora_") != name.npos || name.ends_with(".ia3_l"); }

bool same_tensor(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto without_first = [](std::string_view long_one, std::string_view short_one) {
    const size_t dot = long_one.find('.');
    return dot != long_one.npos && long_one.substr(dot + 1) == short_one;
  };
  return without_first(a, b) || without_first(b, a);
}

std::vector<CheckpointFile> adapter_files(const AdapterConfig& config, std::vector<NamedTensor> learned) {
  for (NamedTensor& t : learned) t.name = kPrefix + t.name;
  return {{kAdapterConfig, config.to_json().dump_pretty()}, tensor_file(kAdapterWeights, learned)};
}

std::vector<CheckpointFile> adapter_files(const Pretrained& model, const AdapterConfig& config, std::vector<CheckpointFile> whole) {
  std::erase_if(whole, [](const CheckpointFile& f) { return is_weights_file(f.name); });
  std::vector<NamedTensor> learned;
  for (const NamedTensor& t : model.checkpoint())
    if (is_adapter_tensor(t.name) || is_of(t.name, config.saved)) learned.push_back(t);
  std::ranges::move(adapter_files(config.spelled_out(model), std::move(learned)), std::back_inserter(whole));
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
