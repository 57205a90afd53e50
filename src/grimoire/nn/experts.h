// A mixture of experts: in the place of one feed-forward stand E, of which a router chooses k for each token, so that E times the numbers cost the work
// of k.
//   Shazeer et al. 2017, "Outrageously Large Neural Networks: The Sparsely-Gated Mixture-of-Experts Layer"; Lepikhin et al. 2020, "GShard" (capacity);
//   Fedus et al. 2021, "Switch Transformers", section 2.2 (the loss of balance, jitter); Zoph et al. 2022, "ST-MoE", section 4.1 (the z-loss);
//   Jiang et al. 2024, "Mixtral of Experts" (softmax over the chosen, nothing dropped); Dai et al. 2024, "DeepSeekMoE" (shared experts).
// Left to itself a router sends ever more to the few that it sent much to first. Its own losses reach training by with_loss (op/with_loss.h): no model,
// no task and no loop hands them on, and none can forget them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/nn/linear.h"
#include "grimoire/op/routing.h"

namespace grim {

// What stands behind the attention of a block: x (..., C) to (..., C).
struct FeedForward : Module {
  using Module::Module;
  virtual Tensor operator()(const Tensor& x, Pass& pass) const = 0;
};

enum class RouterWeights : uint8_t {
  chosen,  // softmax over the k chosen scores: together 1 (Mixtral)
  all,     // softmax over all scores, before the choice: together less (Switch)
};

struct ExpertOptions {
  int64_t experts = 0;     // E; 0: none, the one feed-forward stays
  int64_t per_token = 2;   // k
  int64_t shared = 0;      // experts that every token visits beside those, as one that is so many times as wide
  RouterWeights weights = RouterWeights::chosen;
  double capacity = 0;     // in training an expert takes ceil(capacity k N / E) of the N tokens of a pass, and what comes later is dropped; 0: all
  double balance_loss = 0.01, z_loss = 0.001;  // what each layer's are multiplied with
  double jitter = 0;       // in training the router reads x times U(1 - jitter, 1 + jitter)
  bool any() const { return experts > 0; }
};

// Who chose whom, from scores (N, E), f32 or f64: the k largest of each row, of equal ones the first.
struct Routed {
  Tensor chosen;   // (N, k) i64, the best first
  Tensor weights;  // (N, k)
  Routing routing;
};
Routed routed(const Tensor& scores, const ExpertOptions& options, bool training);

// E sum_e f_e P_e of one layer: f_e the share of all choices that fell on expert e, dropped ones among them, P_e its mean probability over the tokens. 1
// where either is even, E/k where all choose the same; the slope is that of P. (Fedus et al. 2021, equations 4 to 6; f is over k, so that 1 stays 1.)
Tensor balance_loss(const Tensor& scores, const Routing& routing);
// The mean over tokens of (log sum_e exp(score_e))^2: scores stay small, where softmax is exact. (Zoph et al. 2022, equation 5)
Tensor router_z_loss(const Tensor& scores);

// What mixtures did, each in its own line.
struct RouterLog {
  struct Layer {
    const Module* layer;
    std::vector<int64_t> load;  // choices of each expert, dropped ones among them
    int64_t tokens = 0, choices = 0, dropped = 0, passes = 0;
    double balance = 0, z = 0;  // sums over passes, before they are multiplied with anything
    double entropy = 0;         // sum over tokens of the probabilities' entropy, nats
    double busiest() const;     // the largest load over the mean one; 0: no tokens
    double mean_balance() const { return passes ? balance / static_cast<double>(passes) : 0; }
  };
  std::vector<Layer> layers = {};  // in the order of their first pass
  void add(const Module& layer, const Tensor& scores, const Routed& routed);
  double busiest() const;      // of the worst layer
  double mean_balance() const; // over layers
  double dropped() const;      // of all choices
};

// While one lives on this thread: what a pass's loss, and so the routers', is multiplied with in what is minimised (a batch's share of its step; 1 where
// nobody says), and where mixtures write down what they do. Layers that are computed again do so twice, which changes no mean.
class RouterScope {
 public:
  explicit RouterScope(double weight, RouterLog* log = nullptr);
  ~RouterScope();
  RouterScope(const RouterScope&) = delete;
  RouterScope& operator=(const RouterScope&) = delete;

 private:
  friend class Experts;
  double weight_;
  RouterLog* log_;
  RouterScope* before_;
};

// While one lives on this thread, rows visit experts in turn, whatever their scores are: loads are even, and what a pass costs is a function of its sizes.
class EvenRouting {
 public:
  EvenRouting();
  ~EvenRouting();
  EvenRouting(const EvenRouting&) = delete;
  EvenRouting& operator=(const EvenRouting&) = delete;

 private:
  bool before_;
};

class Experts final : public FeedForward {
 public:
  // make(name, parent, times): one expert, or as one that is `times` as wide. Scores come of a matrix `gate` (E, C), N(0, 0.02^2).
  using Make = std::function<std::unique_ptr<FeedForward>(const std::string& name, Module& parent, int64_t times)>;
  Experts(const std::string& name, Module& parent, const ExpertOptions& options, int64_t width, Rng& rng, const Make& make);

  Tensor operator()(const Tensor& x, Pass& pass) const override;

  const ExpertOptions& options() const { return options_; }
  const Linear& gate() const { return gate_; }  // its output are the scores, which a Tap sees and may answer
  const std::vector<std::unique_ptr<FeedForward>>& experts() const { return experts_; }
  const FeedForward* shared() const { return shared_.get(); }  // null: there is none

 private:
  ExpertOptions options_;
  Linear gate_;
  std::vector<std::unique_ptr<FeedForward>> experts_;
  std::unique_ptr<FeedForward> shared_;
};

std::vector<std::pair<std::string, const Experts*>> experts_in(Module& root);  // with their paths

}  // namespace grim
