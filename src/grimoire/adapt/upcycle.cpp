#include "grimoire/adapt/upcycle.h"

#include <map>

#include "grimoire/base/setting_words.h"
#include "grimoire/model/register.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// Of both models, in the order of their layers: of the dense one its feed-forwards, of the mixture those of its mixtures.
template <class Layer> std::vector<const Layer*> layers_in(Module& root) {
  std::vector<const Layer*> all;
  root.visit_modules([&](const std::string&, Module& module) {
    if (const auto* const layer = dynamic_cast<const Layer*>(&module)) all.push_back(layer);
  });
  return all;
}

// One layer has the other's numbers, tensor by tensor: they are of one class.
void copy_layer(const Module& to, const Module& from) {
  const std::vector<NamedTensor> a = to.parameters(), b = from.parameters();
  GRIM_CHECK(a.size() == b.size(), state, "upcycle", "an expert has {} tensors, the feed-forward {}", a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) copy_into(a[i].tensor, b[i].tensor);
}

// The same config.json but for the experts.
std::unique_ptr<ModelConfig> with_experts(const Json& config, const ExpertOptions& o) {
  const Architecture& family = architecture_of(config);
  std::unique_ptr<ModelConfig> shape = family.from_json(config);
  const Options options = shape->options();
  if (!find(options, "experts")) fail(ErrorKind::argument, "upcycle", str("{} knows no experts", family.name), "gpt, llama and mistral do");
  const std::pair<const char*, Json> chosen[] = {{"experts", o.experts},           {"experts-per-token", o.per_token}, {"expert-capacity", o.capacity},
                                                 {"balance-loss", o.balance_loss}, {"router-z-loss", o.z_loss},        {"router-jitter", o.jitter}};
  for (const auto& [name, value] : chosen) find(options, name)->set_json(value);
  shape->check();
  return shape;
}

}  // namespace

std::unique_ptr<Pretrained> upcycled(Pretrained& dense, const ExpertOptions& options, uint64_t seed) {
  GRIM_CHECK(experts_in(dense).empty(), argument, "upcycle", "the model has experts already: expected a dense one");
  GRIM_CHECK(options.any(), argument, "upcycle", "got " GRIM_SETTING("experts=0") ": expected at least one");
  GRIM_CHECK(options.weights == RouterWeights::chosen && options.shared == 0, argument, "upcycle",
             "with weights that do not add up to 1, or shared experts beside them, the mixture would not compute what the model did");
  Rng rng(RngMode::philox, seed, "upcycle");
  std::unique_ptr<Pretrained> mixture = with_experts(dense.config(), options)->build(rng);
  std::map<std::string, Tensor> kept;
  for (const auto read : {&Module::parameters, &Module::frozen, &Module::buffers})
    for (const NamedTensor& t : (dense.*read)()) kept[t.name] = t.tensor;
  mixture->visit([&](const std::string& name, const Tensor& tensor, Module::Kind) {
    if (const auto same = kept.find(name); same != kept.end()) copy_into(tensor, same->second);
  });
  const std::vector<const FeedForward*> ones = layers_in<FeedForward>(dense);
  const std::vector<const Experts*> many = layers_in<Experts>(*mixture);
  GRIM_CHECK(ones.size() == many.size(), state, "upcycle", "got {} feed-forwards for {} mixtures", ones.size(), many.size());
  for (size_t i = 0; i < many.size(); ++i)
    for (const auto& expert : many[i]->experts()) copy_layer(*expert, *ones[i]);
  return mixture;
}

}  // namespace grim
