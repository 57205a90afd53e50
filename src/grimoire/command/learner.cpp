#include "grimoire/command/learner.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/classic/calibration.h"
#include "grimoire/classic/class_weights.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/classic/preprocess.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/flag_words.h"

namespace grim {

Options DataFlags::options() {
  Options all = {
      {.name = "data", .help = "CSV, LIBSVM, NPY, NPZ or IDX file, also gzipped", .target = &data, .basic = true},
      {.name = "target", .help = "column to predict: its name, or its number from 0", .target = &target, .basic = true},
      {.name = "as",
       .help = "what the target is; auto: text and few whole numbers are classes",
       .target = &as,
       .choices = {"auto", "classes", "number"}},
      {.name = "weight", .help = "column of row weights", .target = &weight},
      {.name = "category", .help = "a column of numbers that are names of categories", .target = &category},
      {.name = "drop", .help = "a column to leave out", .target = &drop},
      {.name = "missing", .help = "a further text that means: no value", .target = &missing},
      {.name = "index-base",
       .help = "of a LIBSVM file's first column; auto: 0 when an index is 0",
       .target = &index_base,
       .choices = {"auto", "0", "1"}},
  };
  const Options layout = csv.options();
  all.insert(all.end() - 1, layout.begin(), layout.end());
  return all;
}

DatasetOptions DataFlags::dataset_options() const {
  DatasetOptions o{.target = target,
                   .weight = weight,
                   .as = as == "classes"  ? Target::classes
                         : as == "number" ? Target::number
                         : only_numbers   ? Target::number_if_it_is
                                          : Target::automatic,
                   .classes = {},
                   .columns = {},
                   .csv = {},
                   .drop = {}};
  o.csv.decimal = likely.decimal;
  csv.set(o.csv);
  o.likely_format = likely.format;
  o.csv.likely_delimiter = likely.delimiter;
  o.csv.likely_header = likely.header == "declared" ? "no" : likely.header;
  o.index_base = index_base == "auto" ? likely.index_base : index_base == "0" ? 0 : 1;
  o.target_if_there = target_if_there;
  o.csv.categories = category;
  o.drop = drop;
  o.csv.missing.insert(o.csv.missing.end(), missing.begin(), missing.end());
  return o;
}

void check_output(const std::string& flag, const std::string& path, const std::string& data) {
  if (path.empty()) return;
  std::error_code none;
  if (std::filesystem::equivalent(path, data, none))
    throw Error(ErrorKind::usage, str("--{} {}: that is the table itself, and would be lost", flag, path));
  if (files().kind(path) == FileKind::folder)
    throw Error(ErrorKind::usage, str("--{} {}: that is a folder, expected the name of a file", flag, path));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && files().kind(folder.string()) != FileKind::folder)
    throw Error(ErrorKind::input, str("--{} {}: there is no folder {}", flag, path, folder.string()), "make it first");
}

Json DataFlags::kept(const Dataset& d) const {
  const auto text = [](char c) { return c ? std::string(1, c) : std::string(); };
  return Json::object({{"target", d.target},
                       {"rows", d.rows()},
                       {"format", d.layout.format},
                       {"header", d.layout.header},
                       {"delimiter", text(d.layout.delimiter)},
                       {"decimal", text(d.layout.decimal)},
                       {"index_base", static_cast<int64_t>(d.layout.index_base)},
                       {"missing", Json::array_of(missing)}});
}

void DataFlags::follow(const Json& kept) {
  const auto letter = [&](const char* name) {
    const std::string text = kept.text(name, "");
    return text.empty() ? '\0' : text[0];
  };
  likely = {.format = kept.text("format", "csv"),
            .header = kept.text("header", ""),
            .delimiter = letter("delimiter"),
            .decimal = letter("decimal"),
            .index_base = static_cast<int>(kept.integer("index_base", -1))};
  if (const Json* words = kept.find("missing"))
    for (size_t i = 0; i < words->size(); ++i) missing.push_back((*words)[i].as_text());
  if (target.empty()) target = kept.text("target", ""), target_if_there = true;
}

void DataFlags::refuse_strange(const std::string& format) const {
  const auto refuse_of = [&](const std::string& flag, const char* kind) {
    throw Error(ErrorKind::usage, str("--{} is of use with {} files only, and {} is {}", flag, kind, data, format), "leave it out");
  };
  if (index_base != "auto" && format != "libsvm") refuse_of("index-base", "LIBSVM");
  if (format == "csv") return;
  if (const std::string flag = csv.given(); !flag.empty()) refuse_of(flag, "CSV");
}

Dataset DataFlags::load(Console& console, const Estimator* known) {
  if (data.empty())
    throw Error(ErrorKind::usage, "--data is missing: the file of examples", "for example --data iris.csv --target species");
  DatasetOptions o = dataset_options();
  if (known) {
    o.columns = known->columns();
    o.classes = known->classes();
    for (const ColumnInfo& c : o.columns)
      if (c.kind == ColumnKind::category) o.csv.categories.push_back(c.name);
    if (o.classes.empty()) o.as = Target::number;
  }
  Dataset d = load_dataset(data, o);
  refuse_strange(d.layout.format);
  for (const std::string& note : d.notes) console.say("note: " + with_flags(note, options()));
  return d;
}

namespace {

bool is_put_together(const std::string& name) { return name == "pipeline" || name == "calibrated"; }

const char* heading_of(const Estimator& e) {
  return e.transforms()      ? "steps before a learner, alone"
         : !e.needs_target() ? "without a target"
         : !e.regresses()    ? "for classes"
         : !e.classifies()   ? "for numbers"
                             : "for classes and numbers";
}

}  // namespace

Forms forms_by_learner(Learners which, const std::string& verb) {
  Forms f{.by = "model",
          .none = {{"pipeline", "a pipeline is put together by flags, around a learner",
                    "name the learner, for example --model logistic --scale standard --impute median --encode onehot"},
                   {"calibrated", "calibration goes around a classifier", "for example --model svc --calibrate sigmoid"}}};
  for (const std::string& name : estimator_names()) {
    if (is_put_together(name)) continue;
    const std::unique_ptr<Estimator> e = make_estimator(name);
    if (which == Learners::all || e->needs_target()) f.all.push_back({name, estimator_summary(name), heading_of(*e)});
    else f.none.push_back({name, str("it learns without a target, and {} judges answers by one", verb),
                           str("'grimoire fit --model {}' fits it and says how well it did", name)});
  }
  constexpr std::array kOrder = {"for classes and numbers", "for classes", "for numbers", "without a target"};
  const auto place = [&](const Form& form) { return std::ranges::find(kOrder, form.group) - kOrder.begin(); };
  std::ranges::stable_sort(f.all, {}, place);
  return f;
}

std::string example_of(const std::string& begin, const std::string& learner, const std::string& end) {
  const std::unique_ptr<Estimator> e = make_estimator(learner);
  std::string line = str("grimoire {} --model {}{}", begin, learner, e->needs_target() ? " --target y" : "");
  const Options params = e->params();
  if (!params.empty()) {
    const Json value = params.front().json();
    line += str(" --param {}={}", params.front().name, value.kind() == Json::Kind::text ? value.as_text() : value.dump());
  }
  return line + end;
}

void erase_useless(Options& options, const std::string& learner) {
  if (learner.empty() || make_estimator(learner)->takes_weights()) return;
  std::erase_if(options, [](const Option& o) { return o.name == "weight"; });
}

Options LearnerFlags::options(const std::string& learner) {
  Options all = {
      {.name = "model", .help = "the learner", .target = &model, .basic = true},
      {.name = "param", .help = "a parameter of the learner, NAME=VALUE", .target = &params, .basic = true},
      {.name = "scale", .help = "scale the columns first", .target = &scale, .choices = {"none", "standard", "minmax", "maxabs", "robust"}},
      {.name = "impute",
       .help = "fill in missing values first; auto: median, when the learner needs every value",
       .target = &impute,
       .choices = {"auto", "none", "median", "mean", "most-frequent"}},
      {.name = "encode",
       .help = "turn categories into numbers first; auto: onehot, when the learner needs numbers",
       .target = &encode,
       .choices = {"auto", "none", "onehot", "ordinal"}},
      {.name = "calibrate", .help = "probabilities from held-back rows", .target = &calibrate, .choices = {"none", "sigmoid", "isotonic"}},
      {.name = "class-weight", .help = "'balanced', or CLASS=WEIGHT,CLASS=WEIGHT", .target = &class_weight},
      {.name = "threads", .help = "threads; 0 takes every core", .target = &threads, .low = 0, .high = 256},
  };
  if (learner.empty()) return all;
  described_ = make_estimator(learner);
  all[1].entries = described_->params();
  std::erase_if(all, [&](const Option& o) {
    return (o.name == "param" && o.entries.empty()) || (!described_->classifies() && (o.name == "calibrate" || o.name == "class-weight"));
  });
  return all;
}

std::unique_ptr<Estimator> LearnerFlags::bare() const {
  if (model.empty()) throw Error(ErrorKind::usage, "--model is missing: the learner to fit", "for example --model forest");
  std::unique_ptr<Estimator> learner = make_estimator(model);
  set_params(*learner, params);
  return learner;
}

// A value that would be refused after the fits of those before it.
void LearnerFlags::try_value(const std::string& flag, const Setting& tried) const {
  try {
    set_params(*bare(), {tried.name + "=" + tried.value});
  } catch (const Error& e) {
    throw Error(e.kind(), str("--{}: {}", flag, e.what()), e.hint());
  }
}

void LearnerFlags::refuse_useless(const std::string& flag, const std::vector<std::string>& axes) const {
  const std::unique_ptr<Estimator> learner = bare();
  const Options own = learner->params();
  const auto named = [&](std::string_view key) -> std::string {
    const Option* const o = find(own, key);
    return o ? o->name : std::string(key);  // which try_value refuses
  };
  Settings given;
  for (const std::string& p : params) given.push_back({named(p.substr(0, p.find('='))), p.substr(p.find('=') + 1)});
  std::map<std::string, Settings> tried;
  for (const std::string& axis : axes) {
    const std::string name = named(axis.substr(0, axis.find('=')));
    if (std::ranges::find(given, name, &Setting::name) != given.end())
      throw Error(ErrorKind::usage, str("--param {} is of no use with --{} {}, which tries values of its own", name, flag, axis), "leave one of them out");
    for (std::string_view value : split(std::string_view(axis).substr(std::min(axis.find('=') + 1, axis.size())), ','))
      tried[name].push_back({name, std::string(value)});
    for (const Setting& s : tried[name]) try_value(flag, s);
  }
  for (const auto& [name, values] : tried) given.push_back(values.back());
  // Whichever of the values to try the other one takes.
  const auto holds_somewhere = [&](const std::string& condition) {
    const auto axis = tried.find(condition.substr(0, condition.find('=')));
    if (axis == tried.end()) return holds(condition, own, given);
    return std::ranges::any_of(axis->second, [&](const Setting& value) { return holds(condition, own, {value}); });
  };
  for (const Setting& s : given) {
    const Option* const o = find(own, s.name);
    if (!o) continue;
    if (!o->with.empty() && !holds_somewhere(o->with))
      throw Error(ErrorKind::usage, str("parameter '{}' is of use with {} only", o->name, in_words(o->with)), "leave it out, or give that too");
    for (const std::string& other : o->without)
      if (stands_against(other, own, given))
        throw Error(ErrorKind::usage, str("parameter '{}' is of no use with {}", o->name, in_words(other)), "leave one of them out");
  }
}

std::unique_ptr<Estimator> LearnerFlags::build(const Dataset& data, Console& console) const {
  std::unique_ptr<Estimator> learner = bare();
  if (!data.y.empty() && learner->needs_target() && data.classifies() && !learner->classifies())
    throw Error(ErrorKind::argument, str("{} predicts numbers, and the target holds classes ({}, ...)", model, data.classes[0]),
                "take a classifier, or say --as number");
  if (!data.y.empty() && learner->needs_target() && !data.classifies() && !learner->regresses())
    throw Error(ErrorKind::argument, str("{} tells classes apart, and the target is a number", model),
                "take a learner for numbers, or say --as classes");
  std::vector<std::unique_ptr<Estimator>> steps;
  std::vector<std::string> unasked;
  const bool missing = data.x.has_missing(), categories = data.x.has_categories();
  const auto wanted = [](const std::string& flag, bool needed) { return flag == "auto" ? needed : flag != "none"; };
  if (wanted(impute, missing && !learner->takes_missing())) {
    auto imputer = std::make_unique<Imputer>();
    if (impute != "auto")
      imputer->strategy = impute;
    else
      unasked.push_back("missing values filled in by the column's median (--impute)");
    steps.push_back(std::move(imputer));
  }
  if (scale != "none") {
    auto scaler = std::make_unique<Scaler>();
    scaler->kind = scale;
    steps.push_back(std::move(scaler));
  }
  if (wanted(encode, categories && !learner->takes_categories())) {
    auto encoder = std::make_unique<Encoder>();
    if (encode != "auto")
      encoder->kind = encode;
    else
      unasked.push_back("categories one-hot encoded (--encode)");
    steps.push_back(std::move(encoder));
  }
  for (const std::string& step : unasked) console.say("note: " + step);
  for (const ColumnInfo& c : data.x.columns())
    if (data.rows() >= 50 && static_cast<int64_t>(c.levels.size()) * 2 > data.rows())
      console.say(str("note: column '{0}' has {1} different texts in {2} rows, which say little of new rows: --drop '{0}' leaves it out",
                      c.name, with_commas(static_cast<int64_t>(c.levels.size())), with_commas(data.rows())));
  if (!steps.empty()) {
    steps.push_back(std::move(learner));
    learner = std::make_unique<Pipeline>(std::move(steps));
  }
  if (calibrate != "none") {
    auto calibrated = std::make_unique<Calibrated>(std::move(learner));
    calibrated->method = calibrate;
    learner = std::move(calibrated);
  }
  return learner;
}

void LearnerFlags::weigh_classes(Dataset& data) const {
  if (class_weight.empty()) return;
  if (!data.classifies()) throw Error(ErrorKind::usage, "--class-weight: the target is a number, and has no classes");
  data.weight = rows_with_class_weights(data, class_weight, "--class-weight", NoWeight::allowed);
}

std::string shape_in_words(const Dataset& data) {
  const auto counted = [](int64_t n, const char* one, const char* many) { return with_commas(n) + " " + (n == 1 ? one : many); };
  return counted(data.rows(), "row", "rows") + ", " + counted(data.x.width(), "column", "columns") +
         (data.classifies() ? ", " + counted(data.class_count(), "class", "classes")
          : data.y.empty()  ? ""
                            : ", a number to predict");
}

}  // namespace grim
