#include "sums.h"

namespace {

using namespace grim;

// Both numbers are embedded by one table, joined, and read by a tanh layer: classes 0 to 2 (V - 1).
struct AdderConfig {
  int64_t vocab_size = 10;  // V, the numbers 0 to V - 1
  int64_t width = 32;       // C

  Options options() { return {{.name = "width", .help = "of the adder's layers", .target = &width, .low = 1, .high = 4096}}; }
  Json to_json() const { return Json::object({{"model_type", "adder"}, {"vocab_size", vocab_size}, {"width", width}}); }
  static AdderConfig from_json(const Json& c) { return {.vocab_size = c.integer("vocab_size"), .width = c.integer("width")}; }
  double parameter_count() const {
    const double V = double(vocab_size), C = double(width), K = 2 * V - 1;
    return V * C + 2 * C * C + C + C * K + K;
  }
};

class Adder final : public Pretrained {
 public:
  Adder(const AdderConfig& c, Rng& rng)
      : config_(c), wte_("wte", *this, c.vocab_size, c.width, rng), hidden_("hidden", *this, 2 * c.width, c.width, rng),
        out_("out", *this, c.width, 2 * c.vocab_size - 1, rng) {}
  Json config() const override { return config_.to_json(); }
  Tensor logits(const Tensor& pairs) const {  // (N, 2) -> (N, K)
    return out_(hidden_(reshape(wte_(pairs), {pairs.dim(0), 2 * config_.width}), Activation::tanh));
  }

 private:
  AdderConfig config_;
  Embedding wte_;
  Linear hidden_, out_;
};

struct Pairs {
  std::vector<int64_t> numbers, sums;  // two numbers and their sum, a row each
  int64_t rows() const { return static_cast<int64_t>(sums.size()); }
};

class SumsTask final : public Task {
 public:
  SumsTask(std::unique_ptr<Adder> model, const Pairs& train, const Pairs& dev) : model_(std::move(model)), train_(train), dev_(dev) {}
  Adder& model() override { return *model_; }
  int64_t rows() const override { return train_.rows(); }
  double weight(std::span<const int64_t> rows) const override { return static_cast<double>(rows.size()); }
  Tensor loss(std::span<const int64_t> rows, Pass&) const override { return loss_of(train_, rows); }
  bool has(Part part) const override { return part == Part::train || (part == Part::dev && dev_.rows() > 0); }
  Judgement judge(Part part, int64_t, const StopAsked&) const override {
    const NoGrad no_grad;
    const Pairs& pairs = part == Part::dev ? dev_ : train_;
    std::vector<int64_t> all(pairs.sums.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
    return {.loss = loss_of(pairs, all).item(), .weight = static_cast<double>(all.size())};
  }
  std::vector<CheckpointFile> files() const override {
    return model_files(*model_, nullptr);
  }
  void load(const std::string& folder) override { load_weights(*model_, folder); }

 private:
  Tensor loss_of(const Pairs& pairs, std::span<const int64_t> rows) const {
    std::vector<int64_t> x, y;
    for (int64_t r : rows) {
      x.insert(x.end(), {pairs.numbers[static_cast<size_t>(2 * r)], pairs.numbers[static_cast<size_t>(2 * r + 1)]});
      y.push_back(pairs.sums[static_cast<size_t>(r)]);
    }
    const auto N = static_cast<int64_t>(rows.size());
    return cross_entropy(model_->logits(Tensor::from<int64_t>(x, {N, 2})), Tensor::from<int64_t>(y, {N}));
  }
  std::unique_ptr<Adder> model_;
  Pairs train_, dev_;
};

class SumsSource final : public TaskSource {
 public:
  SumsSource(int64_t limit, int64_t every) : limit_(limit) {
    for (int64_t a = 0; a < limit; ++a)
      for (int64_t b = 0; b < limit; ++b) {
        Pairs& part = every > 0 && (a * 31 + b * 17) % every == 0 ? dev_ : train_;
        part.numbers.insert(part.numbers.end(), {a, b});
        part.sums.push_back(a + b);
      }
  }
  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string&) const override {
    return std::make_unique<SumsTask>(std::unique_ptr<Adder>(static_cast<Adder*>(config.shape_for(limit_)->build(rng).release())), train_, dev_);
  }
  Json identity(const RunConfig&) const override { return Json::object({{"limit", limit_}, {"held_back", dev_.rows()}}); }

 private:
  int64_t limit_;
  Pairs train_, dev_;
};

struct SumsSettings {
  int64_t limit = 10, held_back = 5;
  Options options(RunConfig&) {
    return {{.name = "limit", .help = "numbers are below this", .target = &limit, .low = 2, .high = 1000, .basic = true},
            {.name = "held-back", .help = "every so many pairs are held back to judge by; 0 holds back none", .target = &held_back, .low = 0, .high = 1000}};
  }
  std::unique_ptr<TaskSource> open(const RunConfig&) const { return std::make_unique<SumsSource>(limit, held_back); }
};

}  // namespace

void add_sums() {
  grim::add_task("sums", task_settings<SumsSettings>());
  grim::add_architecture(architecture<Adder, AdderConfig>({.name = "adder", .summary = "adds two numbers", .task = "sums",
                                                           .items_recipe = R"({"steps": 1500, "lr": 0.005})"}, Reading::sequence));
}
