#include "grimoire/model/register.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/model/architectures.h"

namespace grim {
namespace {

using Register = std::vector<std::unique_ptr<const Architecture>>;

const std::string& type_of(const Architecture& a) { return a.model_type.empty() ? a.name : a.model_type; }

void enter(Register& all, Architecture a) {
  const bool taken = a.name.empty() || std::ranges::any_of(all, [&](const auto& b) {
    return b->name == a.name || (a.is_read && b->is_read && type_of(*b) == type_of(a));
  });
  GRIM_CHECK(!taken, argument, "model", "the name '{}' or model_type '{}' is taken: expected new ones", a.name, type_of(a));
  all.push_back(std::make_unique<const Architecture>(std::move(a)));
}

Register& all_architectures() {
  static Register all = [] {
    Register ours;
    for (const auto describe : kArchitectures) enter(ours, describe());
    return ours;
  }();
  return all;
}

// The one whose `key` is `wanted`, or an error that names the nearest. Those without one are not meant.
template <class Key> const Architecture& found(const std::string& wanted, Key&& key, ErrorKind kind, const char* what) {
  std::vector<std::string> names;
  for (const auto& a : all_architectures()) {
    const std::string name = key(*a);
    if (name.empty()) continue;
    if (name == wanted) return *a;
    names.push_back(name);
  }
  fail(kind, "model", str("{} '{}' is not known", what, wanted), did_you_mean(wanted, names, str("these are: {}", joined(names))));
}

const Option* size_option(const Options& options, std::string_view name) {
  const Option* const o = find(options, name);
  return o && std::holds_alternative<int64_t*>(o->target) ? o : nullptr;
}

}  // namespace

int64_t ModelConfig::size(std::string_view name) const {
  const std::unique_ptr<ModelConfig> copy = clone();  // options point into what they are of, to be set
  const Options options = copy->options();
  const Option* const o = size_option(options, name);
  return o ? *std::get<int64_t*>(o->target) : 0;
}

void ModelConfig::set_size(std::string_view name, int64_t value) {
  const Options own = options();
  if (const Option* const o = size_option(own, name)) *std::get<int64_t*>(o->target) = value;
}

std::vector<const Architecture*> architectures() {
  std::vector<const Architecture*> all;
  for (const auto& a : all_architectures()) all.push_back(a.get());
  return all;
}

const Architecture& architecture_named(const std::string& name) {
  return found(name, [](const Architecture& a) { return a.name; }, ErrorKind::usage, "the model");
}

const Architecture& architecture_of(const Json& config) {
  return found(config.text("model_type"), [](const Architecture& a) { return a.is_read ? type_of(a) : ""; }, ErrorKind::input, "model_type");
}

bool knows_architecture_of(const Json& config) {
  const Json* const type = config.is_object() ? config.find("model_type") : nullptr;
  return type && type->kind() == Json::Kind::text &&
         std::ranges::any_of(all_architectures(), [&](const auto& a) { return type_of(*a) == type->as_text(); });
}

void add_architecture(Architecture architecture) { enter(all_architectures(), std::move(architecture)); }

std::unique_ptr<Pretrained> build_model(const Json& config, Rng& rng) { return architecture_of(config).from_json(config)->build(rng); }

std::unique_ptr<CausalLm> build_causal_lm(const Json& config, Rng& rng) {
  std::unique_ptr<Pretrained> model = build_model(config, rng);
  std::unique_ptr<CausalLm> lm = capability_in<CausalLm>(model);
  GRIM_CHECK(lm, input, "model", "model_type '{}' does not predict the next token", config.text("model_type"));
  return lm;
}

int64_t parameter_count(const Json& config) {
  return static_cast<int64_t>(std::min(architecture_of(config).from_json(config)->parameter_count(), 4e18));
}

std::unique_ptr<ModelConfig> checked_as_input(const std::function<std::unique_ptr<ModelConfig>()>& make) {
  try {
    std::unique_ptr<ModelConfig> config = make();
    config->check();
    return config;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::argument) throw;
    throw Error(ErrorKind::input, str("config.json: {}", e.what()), e.hint());
  }
}

}  // namespace grim
