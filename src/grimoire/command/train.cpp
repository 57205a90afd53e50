#include <algorithm>

#include "grimoire/base/files.h"
#include "grimoire/base/machine.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/run_console.h"
#include "grimoire/command/run_cost.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/train/cost.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/report.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

class TrainCommand final : public Command {
 public:
  std::string name() const override { return "train"; }
  std::string summary() const override { return "train a language model on a text file"; }
  std::vector<std::string> examples() const override {
    if (!form().empty() && !find(RunConfig(config_).options(), "data")) return {str("grimoire train --model {0} --out runs/{0}", form())};
    if (!form().empty() && find(RunConfig(config_).options(), "source"))
      return {str("grimoire train --model {0} --data pairs.tsv --out runs/{0}", form()),
              str("grimoire train --model {0} --source train.de --target train.en --dev-source val.de --dev-target val.en --out runs/{0}", form())};
    return {"grimoire train --model mlp --data names.txt --out runs/names",
            "grimoire train --model gpt --data input.txt --out runs/shakespeare --steps 2000",
            "grimoire train --model gpt --data input.txt --out runs/big --n-layer 6 --n-embd 384 --dry-run"};
  }
  Forms forms() const override {
    Forms f{.by = "model"};
    for (const Architecture* a : architectures()) f.all.push_back({a->name, a->summary});
    return f;
  }
  Options options() override {
    // Whoever went through the forms leaves the last of them behind.
    if (const std::string model = form().empty() ? RunConfig().model : form(); config_.model != model) config_ = default_run(model, CorpusFormat::automatic);
    Options all = form().empty() ? options_of_all_models() : config_.options();
    const Options own = form().empty() ? Options() : config_.shape().options();
    if (!form().empty() && config_.architecture().counts) {  // it makes no steps
      for (const Option& o : TrainerOptions().trainer_options())
        if (o.name != "threads") std::erase_if(all, [&](const Option& other) { return other.name == o.name; });
    }
    for (Option& o : all) o.basic = o.basic || find(own, o.name);
    all.push_back({.name = "config", .help = "JSON file of settings; flags override it", .target = &config_file_});
    all.push_back({.name = "dry-run", .help = "say what the run would cost, and stop", .target = &dry_run_, .basic = true});
    return all;
  }

  // The model and the form of its data choose the defaults; then come the configuration file, and the settings given.
  void set(const Settings& given) override {
    for (const Setting& s : given)
      if (s.name == "config") config_file_ = s.value;
    const Json file = settings_in_file();
    const std::string init = config_.init_from = init_in(given, file);
    if (!init.empty()) take_model_of_init(file);
    const std::unique_ptr<ModelConfig> begun = config_.shape().clone();  // as neither file nor flag has touched it
    read_settings(config_, file, config_file_);
    if (form().empty()) take_form(config_.model);
    Command::set(given);
    if (const Options own = config_.options(); config_.data.empty() && find(own, "data") && !other_data(own))
      throw Error(ErrorKind::usage, "--data is missing: the text file to train on", "see grimoire train --help");
    if (config_.out.empty() && !dry_run_) throw Error(ErrorKind::usage, "--out is missing: the folder for the run", "see grimoire train --help");
    source_ = config_.open_task();  // read once: a pipe has no second time
    config_ = default_run(config_.model, source_->format());
    config_.init_from = init;
    if (!init.empty()) config_.set_shape(config_.model, begun->clone());
    read_settings(config_, file, config_file_);
    Command::set(given);
    if (!init.empty()) refuse_other_shape(*begun, given);
    refuse_useless_in(file, given);
    const bool waits = is_typed(given, "patience") || file.find("patience"), cuts = find(config_.options(), "split");
    if (waits && config_.patience > 0 && cuts && SplitPercent::parse(config_.split).dev == 0)
      refuse(*this, str("--patience waits for a better dev loss, and --split {} has no dev part", config_.split),
             "leave it out, or hold some back: --split 80/10/10");
    refuse_impossible_course(file, given);
  }

  int run(Console& console) override {
    if (dry_run_) return show_cost(console, config_, *source_);
    ConsoleEvents events(console, options(), config_.task_settings().words());
    return show_result(console, train(config_, *source_, events));
  }

 private:
  // What a flag is refused for is refused in a file, but for what goes without saying: a run's own config.json, say, has all there is.
  void refuse_useless_in(const Json& file, const Settings& given) {
    if (file.size() == 0) return;
    const Options own = options(), now = config_.options();
    RunConfig standard = default_run(config_.model, source_->format()), resolved = standard;
    resolved.set_shape(config_.model, config_.shape().clone());
    source_->resolve(resolved);
    const Options usual = standard.options(), filled = resolved.options(), shape = config_.shape().options();
    const auto goes_without_saying = [&](const std::string& name) {
      const Json value = find(now, name)->json();
      return value == find(usual, name)->json() || (!find(shape, name) && value == find(filled, name)->json());
    };
    Settings all;
    for (size_t i = 0; i < file.size(); ++i)
      if (const Option* const o = find(now, file.keys()[i]))
        all.push_back({o->name, file[i].kind() == Json::Kind::text ? file[i].as_text() : file[i].dump()});
    const size_t in_file = all.size();
    all.insert(all.end(), given.begin(), given.end());
    for (size_t i = 0; i < in_file; ++i) {
      const std::string& name = all[i].name;
      const Option* const o = find(own, name);
      if (is_typed(given, name) || (find(usual, name) && goes_without_saying(name))) continue;
      const auto refuse_key = [&](const std::string& why) {
        throw Error(ErrorKind::input, str("{}: key '{}': {}", config_file_, find(now, name)->key(), why), "leave it out");
      };
      if (!o) refuse_key(str("grimoire {} takes no such setting", title()));
      if (!o->with.empty() && !holds(o->with, own, all)) refuse_key(str("it is of use with {} only", in_words(o->with)));
      for (const std::string& other : o->without)
        if (stands_against(other, own, all)) refuse_key(str("it is of no use with {}", in_words(other)));
    }
  }

  // A course of the learning rate that somebody asked for and cannot be. What the recipe has is fitted to other settings, and stands.
  void refuse_impossible_course(const Json& file, const Settings& given) {
    const Options now = config_.options();
    RunConfig standard = default_run(config_.model, source_->format());
    const Options usual = standard.options();
    const auto asked = [&](const char* name) {
      if (is_typed(given, name)) return true;
      const bool in_file = std::ranges::any_of(file.keys(), [&](const std::string& key) {
        const Option* const o = find(now, key);
        return o && o->name == name;
      });
      return in_file && find(now, name)->json() != find(usual, name)->json();
    };
    if (asked("min-lr") && config_.schedule == Decay::cosine && config_.min_lr > config_.lr)
      refuse(*this, str("--min-lr {} is above --lr {}, from which a cosine falls", config_.min_lr, config_.lr), "lower --min-lr, or raise --lr");
    if (asked("warmup") && config_.steps > 0 && config_.warmup > config_.steps)
      refuse(*this, str("--warmup {} is longer than the run of --steps {}", config_.warmup, config_.steps), "lower --warmup, or raise --steps");
  }

  static std::string init_in(const Settings& given, const Json& file) {
    std::string init;
    for (const char* key : {"init-from", "init_from"})
      if (const Json* const value = file.is_object() ? file.find(key) : nullptr; value && value->kind() == Json::Kind::text) init = value->as_text();
    for (const Setting& s : given)
      if (s.name == "init-from") init = s.value;
    return init;
  }

  void take_model_of_init(const Json& file) {
    const std::string asked = form(), in_file = file.is_object() ? file.text("model", "") : "";
    if (const std::string& said = asked.empty() ? in_file : asked; !said.empty()) config_.model = architecture_named(said).name;
    take_shape_of_init(config_);
    if (!in_file.empty() && in_file != config_.model)
      throw Error(ErrorKind::input, str("{}: key 'model': got '{}', but {} holds a {}", config_file_, in_file, config_.init_from, config_.model),
                  "leave it out");
    if (!asked.empty() && asked != config_.model)
      throw Error(ErrorKind::usage, str("--model: got '{}', but {} holds a {}", asked, config_.init_from, config_.model), "leave --model out");
    take_form(config_.model);
  }

  // Is there something that takes the place of --data? Then the task says what is missing.
  static bool other_data(const Options& own) {
    return std::ranges::any_of(find(own, "data")->without, [&](const std::string& other) { return find(own, other) != nullptr; });
  }

  static bool is_typed(const Settings& given, const std::string& name) {
    return std::ranges::any_of(given, [&](const Setting& s) { return s.name == name && !s.ambient; });
  }

  // `its`: the shape of the weights that the run begins with. A size of theirs, or what brings more or fewer of them, cannot be another.
  void refuse_other_shape(ModelConfig& its, const Settings& given) {
    const Options had = its.options();
    for (const Option& o : config_.shape().options()) {
      const Option* const before = find(had, o.name);
      if (!before || before->json() == o.json()) continue;
      const std::unique_ptr<ModelConfig> changed = its.clone();
      find(changed->options(), o.name)->set_json(o.json());
      const bool size = std::holds_alternative<int64_t*>(o.target) && o.name != "context";
      if (!size && changed->parameter_count() == its.parameter_count()) continue;
      const std::string what = str("got {}, but {} has weights of a {} with {}", o.json().dump(), config_.init_from, config_.model, before->json().dump());
      const bool by_file = !config_file_.empty() && !is_typed(given, o.name);
      throw Error(by_file ? ErrorKind::input : ErrorKind::usage, by_file ? str("{}: key '{}': {}", config_file_, o.key(), what) : str("--{}: {}", o.name, what),
                  "leave it out, or --init-from");
    }
  }

  // What is asked for by --model is not what the file says.
  Json settings_in_file() const {
    Json settings = Json::object();
    if (config_file_.empty()) return settings;
    const Json file = Json::parse(read_file(config_file_), config_file_);
    if (!file.is_object()) return file;
    for (size_t i = 0; i < file.size(); ++i)
      if (form().empty() || file.keys()[i] != "model") settings.set(file.keys()[i], file[i]);
    return settings;
  }

  // While the model is not known: it may stand in the configuration file.
  Options options_of_all_models() {
    if (of_models_.empty())
      for (const Architecture* a : architectures()) of_models_.emplace_back().model = a->name;
    Options all = config_.options();
    for (RunConfig& c : of_models_)
      for (Option& o : c.options())
        if (!find(all, o.name)) all.push_back(std::move(o));
    return all;
  }

  RunConfig config_;
  std::unique_ptr<TaskSource> source_;
  std::vector<RunConfig> of_models_;  // one each, for its options
  std::string config_file_;
  bool dry_run_ = false;
};

class ResumeCommand final : public Command {
 public:
  std::string name() const override { return "resume"; }
  std::string summary() const override { return "go on with a run that was stopped or killed"; }
  std::vector<std::string> examples() const override { return {"grimoire resume runs/names", "grimoire resume runs/names --steps 400000"}; }
  std::vector<Positional> positionals() override { return {{"folder", "the run folder", &folder_}}; }
  Options options() override {
    return {{.name = "steps", .help = "a new number of steps, kept from now on; -1 keeps the old one", .target = &changes_.steps, .low = -1, .basic = true},
            {.name = "threads", .help = "threads; 0 takes every core, -1 keeps the old number", .target = &changes_.threads,
             .low = -1, .high = 256, .basic = true},
            {.name = "recompute", .help = "whether the inside of layers is computed again for the gradient instead of being kept, from now on",
             .target = by_choice(&changes_.recompute), .choices = {"as-before", "yes", "no"}},
            {.name = "accept-changes", .help = "go on although the data or their split are not what the checkpoint was trained on",
             .target = &changes_.accept_changes}};
  }
  int run(Console& console) override {
    if (exists(join_path(folder_, kFoldsFile))) {
      if (changes_.steps >= 0 || changes_.threads >= 0 || changes_.recompute != Recompute::as_before || changes_.accept_changes)
        throw Error(ErrorKind::usage, str("'{}' holds the runs of several folds, which go on as they began", folder_), "leave the other flags out");
      ConsoleEvents events(console, options(), {});
      return show_folds(console, resume_folds(folder_, events));
    }
    ConsoleEvents events(console, options(), read_run_config(folder_).task_settings().words());
    return show_result(console, resume(folder_, events, changes_));
  }

 private:
  std::string folder_;
  ResumeChanges changes_;
};

}  // namespace

std::unique_ptr<Command> make_train_command() { return std::make_unique<TrainCommand>(); }
std::unique_ptr<Command> make_resume_command() { return std::make_unique<ResumeCommand>(); }

}  // namespace grim
