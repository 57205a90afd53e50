#include "grimoire/hub/weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/whole_file.h"
#include "grimoire/tensor/copy.h"

namespace grim {

std::unique_ptr<TensorFile> open_weights_at(const std::string& path) {
  if (const std::string whole = whole_file_at(path); !whole.empty()) return open_tensor_file(whole);
  return files().kind(path) == FileKind::folder ? open_weights(path) : open_tensor_file(path);
}

void Statistics::add(const Statistics& other) {
  const double n = static_cast<double>(finite()), m = static_cast<double>(other.finite());
  if (m > 0) {
    low = n > 0 ? std::min(low, other.low) : other.low;
    high = n > 0 ? std::max(high, other.high) : other.high;
    const double both = n + m, step = other.mean - mean;  // the parallel update of Chan, Golub, LeVeque (1983)
    deviation = std::sqrt((n * deviation * deviation + m * other.deviation * other.deviation) / both + step * step * (n / both) * (m / both));
    mean += step * m / both;
  }
  count += other.count;
  nan += other.nan;
  infinite += other.infinite;
  zero += other.zero;
}

Statistics statistics_of(const Tensor& tensor) {
  const Tensor dense = contiguous(tensor);
  Statistics s{.count = dense.numel()};
  visit(dense.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const x = dense.data<T>();
    const auto value = [&](int64_t i) {
      if constexpr (std::is_same_v<T, Bf16>) return static_cast<double>(static_cast<float>(x[i]));
      else return static_cast<double>(x[i]);
    };
    double sum = 0, squares = 0;
    s.low = std::numeric_limits<double>::infinity();
    s.high = -s.low;
    for (int64_t i = 0; i < s.count; ++i) {
      const double v = value(i);
      if (!std::isfinite(v)) {
        (std::isnan(v) ? s.nan : s.infinite) += 1;
        continue;
      }
      s.zero += v == 0;
      s.low = std::min(s.low, v);
      s.high = std::max(s.high, v);
      sum += v;
    }
    const auto n = static_cast<double>(s.finite());
    if (n == 0) {
      s.low = s.high = 0;
      return;
    }
    s.mean = sum / n;
    for (int64_t i = 0; i < s.count; ++i)
      if (const double v = value(i); std::isfinite(v)) squares += (v - s.mean) * (v - s.mean);
    s.deviation = std::sqrt(squares / n);
  });
  return s;
}

namespace {

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at <= name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    words.push_back(name.substr(at, dot - at));
    at = dot + 1;
  }
  return words;
}

bool is_number(std::string_view word) { return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos; }

}  // namespace

std::vector<WeightsPart> parts_of(const TensorFile& weights) {
  std::vector<WeightsPart> parts;
  std::vector<std::set<std::string>> numbers;
  for (const TensorEntry& e : weights.entries()) {
    const std::vector<std::string_view> words = words_of(e.name);
    const auto number = std::ranges::find_if(words, is_number);
    const auto last = number != words.end() ? number : words.begin() + static_cast<ptrdiff_t>(std::min<size_t>(words.size() - (words.size() > 1), 2));
    std::string name;
    for (auto w = words.begin(); w != last; ++w) name += (name.empty() ? "" : ".") + std::string(*w);
    auto part = std::ranges::find(parts, name, &WeightsPart::name);
    if (part == parts.end()) {
      parts.push_back({.name = name});
      numbers.emplace_back();
      part = parts.end() - 1;
    }
    if (number != words.end()) numbers[static_cast<size_t>(part - parts.begin())].insert(std::string(*number));
    ++part->tensors;
    part->parameters += e.shape.numel();
    part->bytes += static_cast<int64_t>(e.bytes);
  }
  for (size_t i = 0; i < parts.size(); ++i) parts[i].repeats = static_cast<int64_t>(numbers[i].size());
  return parts;
}

namespace {

// Elements of one type are equal when their bits are; of two, when their values are, or both NaN. Integers are taken in 64 bits of mantissa, so that 2^53
// and 2^53 + 1 are 1 apart.
template <class T, class U> void compare_as(const Tensor& x, const Tensor& y, TensorDifference& d) {
  using Wide = std::conditional_t<std::is_same_v<T, int64_t> || std::is_same_v<U, int64_t>, long double, double>;
  const auto wide = [](auto v) {
    if constexpr (std::is_same_v<decltype(v), Bf16>) return static_cast<Wide>(static_cast<float>(v));
    else return static_cast<Wide>(v);
  };
  const bool by_bits = d.types.empty();
  Wide apart = 0, norm = 0;
  d.count = x.numel();
  for (int64_t i = 0; i < d.count; ++i) {
    const T& from = x.data<T>()[i];
    const U& to = y.data<U>()[i];
    const Wide u = wide(from), v = wide(to);
    if (by_bits ? std::memcmp(&from, &to, sizeof(T)) == 0 : u == v || (std::isnan(u) && std::isnan(v))) {
      norm += std::isfinite(u) ? u * u : 0;
      continue;
    }
    ++d.differ;
    d.largest = std::max(d.largest, static_cast<double>(std::abs(u - v)));  // a NaN stays out of it, and is counted
    apart += (u - v) * (u - v);
    norm += u * u;
  }
  d.relative = static_cast<double>(norm > 0 ? std::sqrt(apart / norm) : std::sqrt(apart));
}

void compare(const Tensor& x, const Tensor& y, TensorDifference& d) {
  visit(x.dtype(), [&](auto one) { visit(y.dtype(), [&](auto other) { compare_as<decltype(one), decltype(other)>(x, y, d); }); });
}

}  // namespace

namespace {

// By name; of a tensor that has several, under the first alone.
std::vector<TensorSource> each_once(std::vector<TensorSource> tensors) {
  std::set<std::string> places;
  std::erase_if(tensors, [&](const TensorSource& x) { return !x.place.empty() && !places.insert(x.place).second; });
  return tensors;
}

std::map<std::string, const TensorSource*> by_name(const std::vector<TensorSource>& tensors) {
  std::map<std::string, const TensorSource*> all;
  for (const TensorSource& x : tensors) all[x.name] = &x;
  return all;
}

}  // namespace

std::vector<TensorDifference> difference(const TensorFile& first, const TensorFile& second) {
  // Two whole models of one format have the same names there; else each as Hugging Face has it.
  const bool alike = is_whole_model(first) && is_whole_model(second) && first.format() == second.format();
  const auto tensors = [alike](const TensorFile& file) {
    return alike || !is_whole_model(file) ? sources_of(file) : tensors_of(file, config_of(file));
  };
  const std::vector<TensorSource> a = tensors(first), b = tensors(second);
  const auto in_a = by_name(a), in_b = by_name(b);
  std::vector<TensorDifference> all;
  for (const TensorSource& x : each_once(a)) {
    TensorDifference d{.name = x.name};
    const auto other = in_b.find(x.name);
    if (other == in_b.end()) {
      d.kind = TensorDifference::Kind::missing;
      d.problem = "only in the first";
    } else if (const TensorSource& y = *other->second; !(y.shape == x.shape)) {
      d.kind = TensorDifference::Kind::shapes;
      d.problem = str("shape {} and {}", x.shape, y.shape);
    } else {
      if (&x.type() != &y.type()) d.types = str("{} and {}", x.type().name, y.type().name);
      compare(contiguous(x.read()), contiguous(y.read()), d);
    }
    all.push_back(std::move(d));
  }
  for (const TensorSource& y : each_once(b))
    if (!in_a.contains(y.name)) all.push_back({.name = y.name, .kind = TensorDifference::Kind::missing, .problem = "only in the second"});
  return all;
}

}  // namespace grim
