#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/classic/importance.h"
#include "grimoire/classic/plots.h"
#include "grimoire/classic/validate.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/flag_words.h"
#include "grimoire/command/learner.h"
#include "grimoire/command/numbers.h"
#include "grimoire/device/threads.h"
#include "grimoire/metric/classification.h"
#include "grimoire/report/layout.h"
#include "grimoire/task/examination.h"

namespace grim {
namespace {

using report::Block, report::number;
constexpr std::string_view kScore = "{:.4f}";

class ValidateCommand final : public Command {
 public:
  std::string name() const override { return "validate"; }
  std::string summary() const override {
    return form().empty() ? "say how a learner does on rows it has not seen: cross-validation, search, curves" : estimator_summary(form());
  }
  Forms forms() const override { return forms_by_learner(Learners::with_target, name()); }
  std::vector<std::string> examples() const override {
    if (!form().empty()) return {example_of("validate --data table.csv", form(), " --folds 5")};
    return {"grimoire validate --model forest --data iris.csv --target species --folds 5",
            "grimoire validate --model svc --data heart.libsvm --grid C=0.1,1,10 --grid gamma=0.01,0.1",
            "grimoire validate --model naive-bayes --data digits.csv --target digit --curve",
            "grimoire validate --model ridge --data houses.csv --target price --vary alpha=0.01,1,100"};
  }
  Options options() override {
    Options all = joined({data_.options(), learner_.options(form())});
    erase_useless(all, form());
    const Options own = {
        {.name = "folds",
         .help = "parts of the rows, each held back once; 0: every row alone (leave one out)",
         .target = &folds_,
         .low = 0,
         .basic = true},
        {.name = "shuffle", .help = "permute the rows before they are dealt out", .target = &shuffle_, .without = {"group", "folds=0"}},
        {.name = "seed", .help = "of the permutation", .target = &seed_, .low = 0},
        {.name = "group", .help = "column whose equal values stay on one side", .target = &group_},
        {.name = "grid",
         .help = "a parameter and values to try, NAME=V,V,...; judged by nested cross-validation",
         .target = &grid_,
         .basic = true,
         .without = {"curve", "vary"}},
        {.name = "curve",
         .help = "learning curve: scores against the number of rows, with a verdict",
         .target = &curve_,
         .basic = true,
         .without = {"vary", "importance"}},
        {.name = "importance",
         .help = "permutation importance: how the score falls when a column is shuffled",
         .target = &importance_,
         .basic = true,
         .without = {"vary", "grid"}},
        {.name = "report",
         .help = "also write a page with pictures: ROC, precision and recall, reliability, curves, borders",
         .target = &report_,
         .basic = true},
        {.name = "boundary", .help = "two columns X,Y for the picture of the border [the two most important]", .target = &boundary_, .with = "report",
         .without = {"curve", "vary", "grid"}},
        {.name = "vary", .help = "validation curve: a parameter and its values in order, NAME=V,V,...", .target = &vary_, .basic = true},
    };
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }

  void set(const Settings& given) override {
    Command::set(given);
    for (const Setting& s : given)
      if (s.name == "seed" && !s.ambient && !shuffle_ && !importance_)
        refuse(*this, "--seed is of no use without --shuffle or --importance", "leave it out, or add --shuffle");
    data_.suit(*learner_.bare());  // a wrong parameter is said before a large file is read
    if (!grid_.empty()) parsed_grid("grid", grid_);
    if (!vary_.empty()) parsed_grid("vary", {vary_});
    learner_.refuse_useless(vary_.empty() ? "grid" : "vary", vary_.empty() ? grid_ : std::vector<std::string>{vary_});
  }

  int run(Console& console) override {
    check_output("report", report_, data_.data);
    const device::ThreadCap cap(learner_.threads);
    Dataset data = load(console);
    if (data.y.empty())
      throw Error(ErrorKind::usage, "--target is missing: the column to predict", "see the file's first line for its columns");
    check_boundary(data);
    const std::unique_ptr<Estimator> learner = learner_.build(data, console);
    learner_.weigh_classes(data);
    const std::vector<Fold> folds = make_folds(data);
    const FitProgress progress = [&](int64_t done, int64_t all) {
      console.live(str("fit {} of {}", done + 1, all));
      return !console.stop_requested();
    };
    console.say(str("{}: {}; {}", learner_.model, shape_in_words(data), how_dealt(folds)));
    Json result =
        Json::object({{"model", learner_.model}, {"rows", data.rows()}, {"columns", data.x.width()}, {"protocol", how_dealt(folds)}});
    if (curve_)
      show_learning_curve(console, result, *learner, data, folds, progress);
    else if (!vary_.empty())
      show_validation_curve(console, result, *learner, data, folds, progress);
    else if (!grid_.empty())
      show_search(console, result, *learner, data, folds, progress);
    else
      show_scores(console, result, *learner, data, folds, progress);
    if (!report_.empty()) {
      write_atomically(report_, html_page(page(data)));
      console.say(str("page: {}", report_));
      result.set("report", report_);
    }
    result.set("answer", to_json(page(data)));
    if (console.json()) console.result(result);
    return 0;
  }

 private:
  Dataset load(Console& console) {
    if (group_.empty()) return data_.load(console);
    CsvOptions csv = data_.dataset_options().csv;
    for (const std::string& name : {group_, data_.target}) csv.names.push_back(name);
    const Table table = read_csv(data_.data, csv);
    for (const std::string& note : with_flags(table.all_notes(), options())) console.say("note: " + note);
    const Column& group = table.column(group_);
    for (const auto& [flag, name] : {std::pair{"target", data_.target}, {"weight", data_.weight}})
      if (!name.empty() && &table.column(name) == &group) refuse(*this, str("--group and --{} are one column, '{}'", flag, group.name), "name another");
    std::map<std::string, double> places;
    for (size_t r = 0; r < group.values.size(); ++r) {
      if (std::isnan(group.values[r]))
        throw Error(ErrorKind::input, str("{}: row {}, column '{}': the group is missing", data_.data, r + 1, group_));
      groups_.push_back(group.written.empty() ? group.values[r]
                                              : places.try_emplace(group.name_at(r), static_cast<double>(places.size())).first->second);
    }
    data_.refuse_strange(table.layout.format);
    DatasetOptions options = data_.dataset_options();
    options.drop.push_back(group.name);
    return dataset_of(table, options);
  }

  std::vector<Fold> make_folds(const Dataset& data) const {
    if (!groups_.empty()) return grouped_folds(groups_, folds_);
    if (folds_ == 0) return leave_one_out(data.rows());
    return shuffle_ ? shuffled(data, folds_, static_cast<uint64_t>(seed_)) : folds_for(data, folds_);
  }
  std::string how_dealt(const std::vector<Fold>& folds) const {
    if (!groups_.empty()) return str("{} folds by {}", folds.size(), group_);
    if (folds_ == 0) return "leave one out";
    return str("{} folds, {}", folds.size(), shuffle_ ? str("shuffled with seed {}", seed_) : "in file order");
  }

  void show_scores(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<Fold>& folds,
                   const FitProgress& progress) {
    const FoldScores scores = cross_validate(learner, data, folds, progress);
    show_folds(console, result, scores, data);
    if (!scores.probability.empty() &&
        std::none_of(scores.probability.begin(), scores.probability.end(), [](double p) { return std::isnan(p); }))
      for (const Chart& c : {roc_chart(data, scores), precision_recall_chart(data, scores), reliability_chart(data, scores)})
        pictures_.push_back(c);
    std::vector<Importance> ranking;
    if (importance_ || (!report_.empty() && data.classifies() && boundary_.empty()))
      ranking = permutation_importance(learner, data, folds, 3, static_cast<uint64_t>(seed_), progress);
    if (importance_) show_importance(console, result, ranking);
    if (!report_.empty() && data.classifies()) draw_border(learner, data, ranking);
  }

  // On stdout and on the page.
  void tell(Console& console, std::vector<Block> blocks) {
    if (!told_.empty()) console.data("\n");
    grim::tell(console, {"", blocks});
    told_.insert(told_.end(), blocks.begin(), blocks.end());
  }

  void show_importance(Console& console, Json& result, const std::vector<Importance>& ranking) {
    constexpr size_t kShown = 20;
    report::Table table{{"fall", "+-", "column"}, {}, "fall of the score on rows held back when a column is shuffled"};
    Json rows = Json::array();
    for (const Importance& i : ranking) {
      if (rows.size() < kShown) table.rows.push_back({number(i.mean, "{:.4f}"), number(i.std, "{:.4f}"), i.column});
      rows.push(Json::object({{"column", i.column}, {"mean", i.mean}, {"std", i.std}}));
    }
    tell(console, {table});
    result.set("importance", std::move(rows));
  }

  static int64_t column_of_numbers(const Dataset& data, const std::string& name) {  // -1: there is none
    const std::vector<ColumnInfo>& all = data.x.columns();
    const auto found = std::ranges::find_if(all, [&](const ColumnInfo& c) { return c.name == name && c.kind == ColumnKind::number; });
    return found == all.end() ? -1 : found - all.begin();
  }

  void check_boundary(const Dataset& data) const {
    if (boundary_.empty()) return;
    const std::vector<std::string> wanted = split_names(boundary_);
    if (wanted.size() != 2 || wanted[0] == wanted[1]) throw Error(ErrorKind::usage, str("--boundary: got '{}', expected two columns X,Y", boundary_));
    if (!data.classifies()) throw Error(ErrorKind::usage, "--boundary: the target is a number, and borders lie between classes", "leave it out");
    std::vector<std::string> numbers;
    for (const ColumnInfo& c : data.x.columns())
      if (c.kind == ColumnKind::number) numbers.push_back(c.name);
    for (const std::string& name : wanted)
      if (column_of_numbers(data, name) < 0)
        throw Error(ErrorKind::usage, str("--boundary: there is no column of numbers '{}'", name), did_you_mean(name, numbers, "there are " + joined(numbers)));
  }

  // On the two columns asked for, or the two most important ones that are numbers.
  void draw_border(const Estimator& learner, const Dataset& data, const std::vector<Importance>& ranking) {
    std::vector<std::string> wanted = split_names(boundary_);
    for (const Importance& i : ranking) wanted.push_back(i.column);
    std::vector<int64_t> columns;
    for (const std::string& name : wanted)
      if (const int64_t c = column_of_numbers(data, name); c >= 0 && columns.size() < 2) columns.push_back(c);
    if (columns.size() == 2 && !data.x.has_missing()) pictures_.push_back(boundary_chart(learner, data, columns[0], columns[1]));
  }

  report::Report page(const Dataset& data) const {
    report::Report page{learner_.model, {report::Remark{data_.data + ": " + shape_in_words(data), report::Tone::faint}}};
    for (const std::vector<Block>& part : {pictures_, told_}) page.blocks.insert(page.blocks.end(), part.begin(), part.end());
    return page;
  }

  // "log loss" as log_loss, "AUC" as auc: the keys that predict's scores have.
  static std::string key_of(const std::string& metric) {
    std::string key;
    for (char c : metric) key += c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return key;
  }

  void show_folds(Console& console, Json& result, const FoldScores& s, const Dataset& data) {
    constexpr size_t kMostFolds = 20, kMostClasses = 12;
    const std::vector<std::string> warnings = with_flags(s.warnings, options());
    for (const std::string& w : warnings) console.say("warning: " + w);
    for (size_t m = 0; m < s.metrics.size(); ++m)
      if (std::any_of(s.test.begin(), s.test.end(), [&](const std::vector<double>& f) { return std::isnan(f[m]); }))
        console.say(str("note: {} does not exist where a fold's held-back rows are of one class alone", s.metrics[m]));
    report::Table table{{"fold", "train"}, {}};
    table.columns.insert(table.columns.end(), s.metrics.begin(), s.metrics.end());
    Json folds = Json::array();
    std::vector<report::Value> means = {"mean", ""}, spreads = {"+-", ""};
    for (size_t f = 0; f < s.test.size(); ++f) {
      Json fold = Json::object({{"train", s.train_score[f]}});
      std::vector<report::Value> row = {static_cast<double>(f + 1), number(s.train_score[f], kScore)};
      for (size_t m = 0; m < s.metrics.size(); ++m) {
        row.push_back(number(s.test[f][m], score_format(key_of(s.metrics[m]), s.test[f][m])));
        fold.set(key_of(s.metrics[m]), s.test[f][m]);
      }
      if (s.test.size() <= kMostFolds) table.rows.push_back(std::move(row));
      folds.push(std::move(fold));
    }
    for (size_t m = 0; m < s.metrics.size(); ++m) {
      const std::string key = key_of(s.metrics[m]);
      means.push_back(number(s.mean(m), score_format(key, s.mean(m)))), spreads.push_back(number(s.std(m), score_format(key, s.std(m))));
      result.set(key, s.mean(m));
    }
    table.rows.push_back(std::move(means)), table.rows.push_back(std::move(spreads));
    tell(console, {table});
    if (data.classifies() && data.classes.size() <= kMostClasses)
      tell(console, {confusion_table(confusion_matrix(data.y, s.predicted, data.class_count(), data.weight), data.classes)});
    result.set("score", key_of(s.metrics[0]));
    result.set("mean", s.mean());
    result.set("std", s.std());
    result.set("folds", std::move(folds));
    result.set("warnings", Json::array_of(warnings));
  }

  void show_search(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<Fold>& folds,
                   const FitProgress& progress) {
    const Grid grid = parsed_grid("grid", grid_);
    const GridSearch search = grid_search(learner, data, grid, folds, progress);
    report::Table table{{"score", "+-", "parameters"}, {}};
    Json points = Json::array();
    for (size_t i = 0; i < search.points.size(); ++i) {
      const GridPoint& p = search.points[i];
      table.rows.push_back({number(p.mean, kScore), number(p.std, kScore), joined(p.params, " ") + (i == search.best ? " <- best" : "")});
      points.push(Json::object({{"params", Json::array_of(p.params)}, {"mean", p.mean}, {"std", p.std}}));
    }
    tell(console, {table});
    const FoldScores honest = nested_validation(learner, data, grid, folds, std::max<int64_t>(2, std::min<int64_t>(folds_, 5)), progress);
    tell(console, {report::Remark{str("the best of a search looks better than it is; searched anew inside every fold: {} {:.4f} +- {:.4f}",
                                      honest.metrics[0], honest.mean(), honest.std())}});
    result.set("grid", std::move(points));
    result.set("best", Json::array_of(search.points[search.best].params));
    result.set("best_mean", search.points[search.best].mean);
    result.set("mean", honest.mean());
    result.set("std", honest.std());
    result.set("score", key_of(honest.metrics[0]));
  }

  static Grid parsed_grid(const char* flag, const std::vector<std::string>& texts) {
    try {
      return Grid::parse(texts);
    } catch (const Error& e) {
      throw Error(e.kind(), str("--{} {}", flag, e.what()), e.hint());
    }
  }

  void show_curve(Console& console, Json& result, const std::vector<CurveRow>& curve, const CurveVerdict& verdict, const std::string& what,
                  const std::string& head) {
    report::Table table{{head, "train", "held back", "+-"}, {}};
    Json rows = Json::array();
    for (const CurveRow& c : curve) {
      table.rows.push_back({c.label, number(c.train, kScore), number(c.test, kScore), number(c.test_std, kScore)});
      rows.push(Json::object({{"value", c.label}, {"train", c.train}, {"test", c.test}, {"test_std", c.test_std}}));
    }
    tell(console, {table, curve_chart(curve, what, head == "rows" ? head : "which value of " + head), report::Remark{verdict.text}});
    result.set("curve", std::move(rows));
    result.set("verdict", verdict.kind);
    result.set("verdict_text", verdict.text);
  }

  void show_learning_curve(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<Fold>& folds,
                           const FitProgress& progress) {
    const auto curve = learning_curve(learner, data, folds, {0.1, 0.25, 0.5, 0.75, 1.0}, RowOrder::shuffled, progress);
    show_curve(console, result, curve, judge_learning_curve(curve, data.classifies()), "learning curve", "rows");
  }
  void show_validation_curve(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<Fold>& folds,
                             const FitProgress& progress) {
    const Grid grid = parsed_grid("vary", {vary_});
    const auto curve = validation_curve(learner, data, folds, grid.axes[0].first, grid.axes[0].second, progress);
    show_curve(console, result, curve, judge_validation_curve(curve, grid.axes[0].first), "validation curve", grid.axes[0].first);
  }

  DataFlags data_;
  LearnerFlags learner_;
  int64_t folds_ = 5, seed_ = 0;
  bool shuffle_ = false, curve_ = false, importance_ = false;
  std::string group_, vary_, report_, boundary_;
  std::vector<Block> told_, pictures_;  // of the page
  std::vector<std::string> grid_;
  std::vector<double> groups_;
};

}  // namespace

std::unique_ptr<Command> make_validate_command() { return std::make_unique<ValidateCommand>(); }

}  // namespace grim
