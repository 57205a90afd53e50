// State: what a fitted estimator keeps, as named values and tensors. One file format for all of them: a safetensors file whose
// metadata holds the values as JSON, a version and a checksum over everything.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/io/safetensors.h"

namespace grim {

class State {
 public:
  static constexpr int64_t kNewest = 3;  // 2: offsets of linear and kernel machines, thresholds of trees in doubles; 3: centres of boosting

  State() = default;
  State(Json values, TensorMap tensors) : values_(std::move(values)), tensors_(std::move(tensors)) {}
  const Json& values() const { return values_; }
  const TensorMap& tensors() const { return tensors_; }

  void set(std::string_view name, Json value) { values_.set(name, std::move(value)); }
  void set(const std::string& name, const Tensor& tensor) { tensors_[name] = tensor; }
  void set(const std::string& name, const std::vector<double>& numbers);   // a 1-d f64 tensor
  void set(const std::string& name, const std::vector<int64_t>& numbers);  // a 1-d i64 tensor
  void set(const std::string& name, const State& child);                   // nested under "name."

  // What is kept here means something else to a program that only reads older versions, which must refuse the file.
  void needs(int64_t version) { version_ = std::max(version_, version); }

  // All throw Error(input) naming the model file when the entry is missing or of another kind.
  const Json& value(std::string_view name) const { return values_.at(name); }
  bool holds(std::string_view name) const { return values_.find(name) || tensors_.count(std::string(name)); }
  Tensor tensor(const std::string& name) const;  // any shape and dtype: check them
  Tensor tensor(const std::string& name, Dtype dtype, int ndim) const;
  std::vector<double> numbers(const std::string& name) const;
  std::vector<double> numbers(const std::string& name, int64_t count) const;  // of exactly this length
  // The same, of numbers within [low, high]; `whole`: without fractions, as class and cluster numbers are.
  std::vector<double> numbers(const std::string& name, int64_t count, double low, double high, bool whole = false) const;
  std::vector<int64_t> integers(const std::string& name) const;
  State child(const std::string& name) const;

  void save(const std::string& path) const;    // atomically, synced
  static State load(const std::string& path);  // throws: input, not a model file, damaged, a newer version

 private:
  Json values_ = Json::object();
  TensorMap tensors_;
  int64_t version_ = 1;
};

}  // namespace grim
