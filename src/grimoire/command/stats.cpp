#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/families.h"

namespace grim {
namespace {

constexpr const char* kList = "list";

std::vector<StatsEntry> all_tests() {
  std::vector<StatsEntry> all;
  for (const StatsFamily* family : kStatsFamilies) all.insert(all.end(), family->tests.begin(), family->tests.end());
  return all;
}

class StatsCommand final : public Command {
 public:
  std::string name() const override { return "stats"; }
  std::string summary() const override {
    return entry() ? entry()->help : "hypothesis tests, descriptions, correlation, regression and more on numbers or CSV columns";
  }
  std::vector<std::string> examples() const override {
    if (!entry())
      return {"grimoire stats t-test --x 5.1,4.9,6.2,5.7 --y 6.3,6.8,5.9,7.1", "grimoire stats fisher --table \"3,1;1,3\"",
              "grimoire stats anova --data plants.csv --x weight --group treatment",
              "grimoire stats regression --data cars.csv --y mpg --x weight,power --json", "grimoire stats list"};
    std::vector<std::string> lines;
    const std::string text = entry()->examples;
    for (std::string_view line : lines_in(text)) lines.emplace_back(line);
    return lines;
  }
  std::vector<Positional> positionals() override {
    return {{"test", "t-test, chi-square, fisher, anova, describe, power, ...; list shows all", &test_name_}};
  }
  Forms forms() const override {
    Forms f{.by = "test"};
    for (const StatsFamily* family : kStatsFamilies)
      for (const StatsEntry& e : family->tests) f.all.push_back({e.name, e.help, family->title});
    f.all.push_back({kList, "all of these, a line each", "more"});
    return f;
  }
  Options options() override { return entry() ? test().options() : Options(); }

  void set(const Settings& settings) override {
    Command::set(settings);
    if (!entry()) return;
    for (const Setting& s : settings)
      if (!s.ambient) test().given.push_back(s.name);
  }

  int run(Console& console) override {
    if (!entry()) return list(console);
    try {
      test().in.open();
      Answer a = test().answer();
      test().in.add_notes(a, options());
      console.data(a.text);
      if (console.json()) console.result(a.json);
    } catch (const Error& e) {
      throw of_input(e);
    }
    return 0;
  }

 private:
  const StatsEntry* entry() const {
    const auto found = std::ranges::find_if(entries_, [&](const StatsEntry& e) { return e.name == form(); });
    return found == entries_.end() ? nullptr : &*found;
  }
  StatsTest& test() {
    std::unique_ptr<StatsTest>& made = made_[static_cast<size_t>(entry() - entries_.data())];
    if (!made) made = entry()->make(), made->in.test = entry()->name;
    return *made;
  }

  // What is wrong with numbers is of the input, where a file held them; else of the command line.
  Error of_input(const Error& e) {
    const Options all = options();
    const bool on_data = find(all, "x") || find(all, "prior");
    const bool about_values = e.kind() == ErrorKind::numeric || e.kind() == ErrorKind::shape || e.kind() == ErrorKind::argument;
    if (!on_data || !about_values) return e;
    const std::string_view said = e.what();
    const bool gap = said.find("nan") != said.npos || said.find("is missing") != said.npos;
    const bool droppable = find(all, "missing") && test().in.policy() == stats::Missing::error;
    return {test().in.from_file() ? ErrorKind::input : ErrorKind::usage, e.what(),
            e.hint().empty() && droppable && gap ? "--missing drop leaves missing values out" : e.hint()};
  }

  int list(Console& console) const {
    Lines lines;
    Json names = Json::array();
    for (const StatsEntry& e : entries_) lines.emplace_back(e.name, e.help), names.push(e.name);
    console.data(aligned(lines));
    if (console.json()) console.result(Json::object({{"tests", names}}));
    return 0;
  }

  std::string test_name_;
  const std::vector<StatsEntry> entries_ = all_tests();
  std::vector<std::unique_ptr<StatsTest>> made_{entries_.size()};  // on demand
};

}  // namespace

std::unique_ptr<Command> make_stats_command() { return std::make_unique<StatsCommand>(); }

}  // namespace grim
