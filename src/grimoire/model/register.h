// The register of architectures: what each is called, what can be chosen of it, the recipe it is known by, how it is built. No other file
// tells models apart by name. To add one:
//
//   struct XConfig {                                  // plain values
//     int64_t vocab_size = 27;                        // decided by the data
//     int64_t context = 8, width = 64;
//     Options options();                              // what people choose: flags, and keys of a run's config.json
//     Json to_json() const;                           // config.json of the model, with model_type
//     static XConfig from_json(const Json& config);   // throws: input
//     double parameter_count() const;                 // so that sizes can be judged before anything is allocated
//     void check() const;                             // optional. throws: argument, values that do not go together
//     double buffer_bytes() const;                    // optional: numbers that are held but not trained
//     double work() const;                            // optional: multiplications to predict one token, where not each weight once
//     std::vector<SizeAxis> axes() const;             // optional: the sizes whose cost can be foretold from small ones
//     std::vector<std::string> warnings() const;      // optional: what these values make of training that one would not expect
//     ConfigShapes shapes() const;                    // optional: which keys of config.json which tensors show, for errors
//   };
//   class X : public CausalLm {
//     static constexpr bool kRecomputes = true;       // optional: its layers go through recomputed() (nn/recompute.h)
//     static constexpr const char* kTokenTable = "embedding.weight";  // optional: the parameter that has a row for each token, or the end of its name
//     X(const XConfig& config, Rng& rng);
//     ...
//   };
//
// and a line in architectures.h, or, in a program that brings its own, add_architecture(architecture<X, XConfig>({...})).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/base/rng.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/model/config_shapes.h"

namespace grim {

// A size along which every tensor grows as a polynomial of this degree while the others stand still, from `low` on. Sizes that bring more tensors
// rather than larger ones (layers, steps of a recurrence) come first. Degree 0: it hardly matters.
struct SizeAxis {
  std::string option;
  int64_t low;
  int degree = 1;
};

// The shape of a model as values, before the model exists. A size may wait for the data: 0 until then.
class ModelConfig {
 public:
  virtual ~ModelConfig() = default;
  virtual std::unique_ptr<ModelConfig> clone() const = 0;
  virtual Options options() = 0;
  virtual void set_vocabulary(int64_t symbols) = 0;
  virtual void check() const = 0;                                   // throws: argument
  virtual Json to_json() const = 0;
  virtual std::unique_ptr<Pretrained> build(Rng& rng) const = 0;    // weights are drawn from `rng`
  virtual double parameter_count() const = 0;
  virtual double buffer_bytes() const = 0;
  virtual double work() const = 0;
  virtual std::vector<SizeAxis> axes() const = 0;
  virtual ConfigShapes shapes() const = 0;
  virtual std::vector<std::string> warnings() const = 0;

  int64_t size(std::string_view option) const;  // a whole number among the options; 0 when there is none of that name
  void set_size(std::string_view option, int64_t value);  // likewise nothing
};

struct Architecture {
  std::string name;             // as people say it: gpt
  std::string model_type = {};  // as config.json says it: gpt2; empty: the name
  bool is_read = true;          // false: its folders are those of the model_type's own architecture, which reads them
  std::string summary = {};     // one line
  std::string task = "lm";      // what trains it: train/task_source.h
  std::vector<std::string> tasks = {};  // where several can, with fresh weights: which, `task` among them
  // How it is known to be trained, as settings of a run (JSON objects): on items, one a line, and on running text.
  std::string items_recipe = "{}", text_recipe = "{}";
  // Filled in by architecture<Model, Config>:
  Reading reading = Reading::sequence;
  bool counts = false;                                                                 // a CountingLm
  bool recomputes = false;                                                             // it heeds Pass::recompute
  std::string token_table = {};                                                        // Model::kTokenTable
  std::function<std::unique_ptr<ModelConfig>()> defaults = {};
  std::function<std::unique_ptr<ModelConfig>(const Json& config)> from_json = {};      // throws: input
};

std::vector<const Architecture*> architectures();  // ours, then those that were added
// throws: usage, with the nearest known name
const Architecture& architecture_named(const std::string& name);
// By its model_type: the one that reads it. throws: input, with the nearest known one
const Architecture& architecture_of(const Json& config);
bool knows_architecture_of(const Json& config);  // does it name one? False for what is no config.json too
void add_architecture(Architecture architecture);  // throws: argument, a name or model_type that is taken

// From config.json. throws: input
std::unique_ptr<Pretrained> build_model(const Json& config, Rng& rng);
std::unique_ptr<CausalLm> build_causal_lm(const Json& config, Rng& rng);  // throws also: input, a model that can do something else
// Parameters of the model that this config.json describes, without building it; at most 4e18, 0 for one that counts.
int64_t parameter_count(const Json& config);

// --- how a Config becomes a ModelConfig ------------------------------------------------------------------------------

template <class Model, class Config> class ConfigOf final : public ModelConfig {
 public:
  explicit ConfigOf(const Config& values) : values_(values) {}
  std::unique_ptr<ModelConfig> clone() const override { return std::make_unique<ConfigOf>(values_); }
  Options options() override { return values_.options(); }
  void set_vocabulary(int64_t symbols) override { values_.vocab_size = symbols; }
  void check() const override {
    if constexpr (requires { values_.check(); }) values_.check();
  }
  Json to_json() const override { return values_.to_json(); }
  std::unique_ptr<Pretrained> build(Rng& rng) const override { return std::make_unique<Model>(values_, rng); }
  double parameter_count() const override { return values_.parameter_count(); }
  double buffer_bytes() const override {
    if constexpr (requires { values_.buffer_bytes(); }) return values_.buffer_bytes();
    else return 0;
  }
  double work() const override {
    if constexpr (requires { values_.work(); }) return values_.work();
    else return values_.parameter_count();
  }
  std::vector<SizeAxis> axes() const override {
    if constexpr (requires { values_.axes(); }) return values_.axes();
    else return {};
  }
  ConfigShapes shapes() const override {
    if constexpr (requires { values_.shapes(); }) return values_.shapes();
    else return {};
  }
  std::vector<std::string> warnings() const override {
    if constexpr (requires { values_.warnings(); }) return values_.warnings();
    else return {};
  }

 private:
  Config values_;
};

// throws: input, whatever is wrong with the values
std::unique_ptr<ModelConfig> checked_as_input(const std::function<std::unique_ptr<ModelConfig>()>& make);

template <class Model, class Config> Architecture architecture(Architecture about, Reading reading, const Config& defaults = {}) {
  about.reading = reading;
  about.counts = std::is_base_of_v<CountingLm, Model>;
  if constexpr (requires { Model::kTokenTable; }) about.token_table = Model::kTokenTable;
  if constexpr (requires { Model::kRecomputes; }) about.recomputes = Model::kRecomputes;
  about.defaults = [defaults] { return std::make_unique<ConfigOf<Model, Config>>(defaults); };
  about.from_json = [](const Json& config) {
    return checked_as_input([&]() -> std::unique_ptr<ModelConfig> { return std::make_unique<ConfigOf<Model, Config>>(Config::from_json(config)); });
  };
  return about;
}

}  // namespace grim
