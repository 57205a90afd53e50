#include "grimoire/hub/gguf_rotary.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/hub/gguf_keys.h"
#include "grimoire/tensor/copy.h"

namespace grim {

namespace {

constexpr std::string_view kAttention = "rope.scaling.attn_factor";

// llama.cpp keeps Llama 3's scaling worked out: what each pair's angle is divided by, (D / 2). The bounds of all that are published stand in RotaryOptions, the
// factor is that of the slowest pair; whether all of them are so is looked at.
void read_frequencies(const GgufFile& file, RotaryOptions& r) {
  const Tensor divisors = contiguous(cast(file.read(kRotaryFrequencies), Dtype::f32));
  const int64_t n = divisors.numel();
  r = {.size = r.size, .theta = r.theta};
  const std::vector<float> plain = rotary_frequencies(r);
  r.scaling = RotaryScaling::llama3;
  r.factor = n > 0 ? shortest(divisors.data<float>()[n - 1]) : 1;
  const std::vector<float> scaled = rotary_frequencies(r);
  bool same = n == r.size / 2 && r.factor >= 1;
  for (int64_t i = 0; same && i < n; ++i) {
    const float expected = plain[static_cast<size_t>(i)] / scaled[static_cast<size_t>(i)];
    same = std::abs(divisors.data<float>()[i] - expected) <= 1e-5f * expected;  // f32 in two orders of work
  }
  if (!same)
    fail(ErrorKind::input, "gguf",
         str("{}: tensor '{}' is not Llama 3's scaling of rotary positions, and a config.json cannot say what it is", file.path(), kRotaryFrequencies),
         str("expected {} divisors made with low_freq_factor {}, high_freq_factor {} and {} positions", r.size / 2, r.low_freq_factor, r.high_freq_factor,
             r.trained));
}

// What llama.cpp computes with, whatever the file says.
constexpr std::pair<std::string_view, double> kFixed[] = {{"yarn_ext_factor", 1}, {"yarn_beta_fast", 32}, {"yarn_beta_slow", 1}, {"yarn_log_multiplier", 0}};
constexpr std::string_view kRead[] = {"type", "factor", "original_context_length", "attn_factor", "finetuned"};

void check_scaling_keys(const GgufFile& file) {
  const std::string scaling = key_of(file, "rope.scaling.");
  for (const GgufPair& p : file.pairs()) {
    if (!p.key.starts_with(scaling)) continue;
    const std::string_view key = std::string_view(p.key).substr(scaling.size());
    if (std::ranges::find(kRead, key) != std::end(kRead)) continue;
    const auto* const fixed = std::ranges::find(kFixed, key, [](const auto& f) { return f.first; });
    GRIM_CHECK(fixed != std::end(kFixed), input, "gguf", "{}: {} scales rotary positions in a way that is not read", file.path(), p.key);
    GRIM_CHECK(file.real(p.key) == fixed->second, input, "gguf", "{}: {} is {}, expected {}, with which llama.cpp computes in any case", file.path(), p.key,
               file.real(p.key), fixed->second);
  }
}

// YaRN as llama.cpp has it: attn_factor comes on top of what the factor gives.
void read_yarn(const GgufFile& file, RotaryOptions& r) {
  r.trained = integer_or(file, key_of(file, "rope.scaling.original_context_length"), file.integer(key_of(file, "context_length")));
  const std::string attention = key_of(file, kAttention);
  const double more = file.value(attention) ? file.real(attention) : 1;
  GRIM_CHECK(more > 0, input, "gguf", "{}: {} is {}, expected above 0", file.path(), attention, more);
  if (more != 1) r.attention_factor = shortest(more * rotary_attention_factor(r));
}

}  // namespace

// As llama.cpp has it, a factor without a type is linear.
RotaryOptions rotary_in(const GgufFile& file, int64_t size) {
  RotaryOptions r{.size = size};
  check_scaling_keys(file);
  const std::string base = key_of(file, "rope.freq_base"), kind = key_of(file, "rope.scaling.type"), attention = key_of(file, kAttention);
  if (file.value(base)) r.theta = shortest(file.real(base));
  const std::string type = file.value(kind) ? file.text(kind) : "linear";
  const std::string newer = key_of(file, "rope.scaling.factor"), factor = file.value(newer) ? newer : key_of(file, "rope.scale_linear");
  GRIM_CHECK(type == "linear" || type == "yarn" || type == "none", input, "gguf",
             "{}: {} is '{}', which is not read: expected none, linear or yarn", file.path(), kind, type);
  GRIM_CHECK(r.size > 0 && r.size % 2 == 0 && r.theta >= 1, input, "gguf", "{}: rotary positions: got a width of {} and a base of {}", file.path(), r.size,
             r.theta);
  if (type != "none" && file.value(factor) && file.real(factor) != 0 && file.real(factor) != 1) {
    r.scaling = type == "yarn" ? RotaryScaling::yarn : RotaryScaling::linear;
    r.factor = shortest(file.real(factor));
    GRIM_CHECK(r.factor > 1, input, "gguf", "{}: {} is {}, expected 1 or more", file.path(), factor, r.factor);
  }
  if (r.scaling == RotaryScaling::yarn) read_yarn(file, r);
  else if (file.value(attention))
    GRIM_CHECK(file.real(attention) == 1, input, "gguf", "{}: {} is {} where yarn scales nothing, which a config.json cannot say", file.path(), attention,
               file.real(attention));
  if (!file.holds(kRotaryFrequencies)) return r;
  GRIM_CHECK(r.scaling == RotaryScaling::none, input, "gguf", "{}: rotary positions are scaled twice, by {} and by '{}', which a config.json cannot say",
             file.path(), factor, kRotaryFrequencies);
  read_frequencies(file, r);
  return r;
}

}  // namespace grim
