#include "grimoire/hub/adapter_parts.h"

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/tensor/finite.h"

namespace grim {
namespace {

int64_t count(const Tensor& t) { return t.defined() ? t.numel() : 0; }

// The tensor of a layer that a name is of, and the layer's path.
Tensor& part_named(const std::string& name, std::map<std::string, AdapterLayer>& layers, const std::string& source) {
  static constexpr std::pair<std::string_view, Tensor& (*)(AdapterLayer&)> kParts[] = {
      {".lora_A.weight", [](AdapterLayer& l) -> Tensor& { return l.update.a; }},
      {".lora_B.weight", [](AdapterLayer& l) -> Tensor& { return l.update.b; }},
      {".lora_magnitude_vector", [](AdapterLayer& l) -> Tensor& { return l.magnitude; }},
      {".ia3_l", [](AdapterLayer& l) -> Tensor& { return l.gains; }}};
  for (const auto& [end, part] : kParts)
    if (name.ends_with(end)) return part(layers[name.substr(0, name.size() - end.size())]);
  fail(ErrorKind::input, "adapter", str("{}: tensor '{}' is not understood here", source, name), "in peft, merge_and_unload makes a whole model of it");
}

void check(const AdapterLayer& l, const std::string& path, AdapterKind kind, const std::string& source) {
  const auto expect = [&](bool holds, const char* what) {
    GRIM_CHECK(holds, input, "adapter", "{}: layer '{}': expected {}", source, path, what);
  };
  if (kind == AdapterKind::ia3) return expect(l.gains.defined() && l.gains.ndim() == 2, "ia3_l, (out, 1) or (1, in)");
  const Tensor &a = l.update.a, &b = l.update.b;
  expect(a.defined() && b.defined() && a.ndim() == 2 && b.ndim() == 2 && a.dim(0) == b.dim(1), "lora_A.weight (r, in) and lora_B.weight (out, r)");
  expect((kind == AdapterKind::dora) == l.magnitude.defined(),
         kind == AdapterKind::dora ? "lora_magnitude_vector" : "no lora_magnitude_vector without use_dora");
  if (l.magnitude.defined()) expect(l.magnitude.ndim() == 1 && l.magnitude.dim(0) == b.dim(0), "lora_magnitude_vector (out,)");
}

}  // namespace

int64_t AdapterLayer::numbers() const { return count(update.a) + count(update.b) + count(magnitude) + count(gains); }

int64_t AdapterParts::numbers() const {
  int64_t n = 0;
  for (const auto& [path, layer] : layers) n += layer.numbers();
  for (const NamedTensor& t : whole) n += t.tensor.numel();
  return n;
}

AdapterParts read_adapter_parts(const std::string& folder) {
  const std::string path = join_path(folder, kAdapterConfig), source = join_path(folder, kAdapterWeights);
  AdapterParts parts{.config = AdapterConfig::from_json(Json::parse(read_file(path), path), path), .layers = {}, .whole = {}};
  if (const std::string beside = join_path(folder, parts.config.base); !exists(parts.config.base) && exists(beside)) parts.config.base = beside;
  if (exists(parts.config.base)) parts.config.base = absolute_path(parts.config.base);
  for (const NamedTensor& t : adapter_tensors(folder)) {
    check_finite(t, source);
    if (is_adapter_tensor(t.name)) part_named(t.name, parts.layers, source) = t.tensor;
    else parts.whole.push_back(t);
  }
  GRIM_CHECK(!parts.layers.empty(), input, "adapter", "{}: no tensor of an adapter is in it", source);
  for (auto& [at, layer] : parts.layers) {
    check(layer, at, parts.config.kind, source);
    if (parts.config.kind != AdapterKind::ia3) layer.update.scale = parts.config.scale_of(at);
  }
  return parts;
}

}  // namespace grim
