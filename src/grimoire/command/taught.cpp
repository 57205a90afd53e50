#include "grimoire/command/taught.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/run_console.h"
#include "grimoire/command/run_cost.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/train/run.h"

namespace grim {

Options TaughtCommand::options() {
  const std::string task = task_of_form(), own = model_of_form();
  if (begun_ != task) {
    const std::string model = config_.init_from;
    config_ = RunConfig();
    config_.model = own.empty() ? "bert" : own;
    if (own.empty()) config_.task = task;
    from_json(config_.options(), Json::parse(recipe()), "the recipe of " + name());
    config_.init_from = model;
    begun_ = task_ = task;
  }
  Options all = config_.options();
  const Options shape = config_.task.empty() ? config_.shape().options() : Options();  // is that of the model that is taught
  std::erase_if(all, [&](const Option& o) {
    return o.name == "model" || o.name == "init-from" || o.name == "rng" || find(shape, o.name) || (!own.empty() && o.name == "tokenizer");
  });
  if (!own.empty()) all.push_back({.name = "task", .help = "what the model is trained to do", .target = &task_, .basic = true});
  for (Option& o : all) {
    if (o.name == "task") o.choices = forms().names();
    if (o.with == "init-from") o.with.clear();
    std::erase(o.without, "init-from");
    o.basic = o.basic || o.name == "lr" || o.name == "batch-size" || o.name == "dtype" || o.name == "max-length";
  }
  all.push_back({.name = "dry-run", .help = "say what the run would cost, and stop", .target = &dry_run_, .basic = true});
  return all;
}

int TaughtCommand::run(Console& console) {
  if (const std::string missing = what_is_missing(); !missing.empty()) throw Error(ErrorKind::usage, missing, see_help(*this));
  if (config_.data.empty() && *data_in_words()) throw Error(ErrorKind::usage, str("--data is missing: {}", data_in_words()), see_help(*this));
  if (config_.out.empty() && !dry_run_) throw Error(ErrorKind::usage, "--out is missing: the folder for the run", see_help(*this));
  config_.init_from = model_at(config_.init_from);
  take_shape_of_init(config_);
  if (config_.task.empty() && config_.task_name() != begun_)
    throw Error(ErrorKind::input, str("'{}' holds a {}, which is not trained by --task {}", config_.init_from, config_.model, begun_),
                config_.task_name() == "lm" || config_.task_name() == "mlm" ? str("its own is --task {}", config_.task_name()) : "train takes it: --init-from");
  if (dry_run_) {
    const int64_t folds = folds_of(config_);
    if (folds > 0) config_.set("fold", 1);
    return show_cost(console, config_, *config_.open_task(), std::max<int64_t>(1, folds));
  }
  ConsoleEvents events(console, options(), config_.task_settings().words());
  if (folds_of(config_) > 0) return show_folds(console, train_folds(config_, events));
  return show_result(console, train(config_, events));
}

}  // namespace grim
