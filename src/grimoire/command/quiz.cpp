#include <algorithm>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/quiz_decks.h"
#include "grimoire/learn/answer.h"
#include "grimoire/learn/glossary_deck.h"
#include "grimoire/learn/progress.h"
#include "grimoire/learn/session.h"
#include "grimoire/report/layout.h"
#include "grimoire/report/markdown.h"

namespace grim {
namespace {

using namespace learn;

class QuizCommand final : public Command {
 public:
  std::string name() const override { return "quiz"; }
  std::string summary() const override { return "practise flash cards: what is due today, each review kept, the next one planned"; }
  std::vector<std::string> examples() const override {
    return {"grimoire quiz deck.md", "grimoire quiz info", "grimoire quiz deck.md more.md --new 10", "grimoire quiz deck.md --stats"};
  }
  std::vector<Positional> positionals() override {
    return {{"deck", "a deck in Markdown (grimoire help deck), or a family of the glossary; more may follow", &first_, true, &rest_}};
  }
  Options options() override {
    const std::vector<std::string> unasked = {"list", "stats", "resume-card"};  // nothing is asked with these
    const std::vector<std::string> unplanned = {"list", "stats", "resume-card", "cram"};
    return {{.name = "new", .help = "new cards a day", .target = &session_.new_a_day, .low = 0, .high = 1e6, .basic = true, .without = unplanned},
            {.name = "max", .help = "cards asked at most", .target = &session_.most, .low = 1, .high = 1e6, .basic = true, .without = unasked},
            {.name = "cram", .help = "every card once, whatever is due; nothing is recorded", .target = &session_.cram, .basic = true, .without = unasked},
            {.name = "reversed", .help = "ask plain cards the other way round too", .target = &reversed_, .basic = true},
            {.name = "list", .help = "the cards and when they come", .target = &list_, .basic = true, .without = {"stats", "resume-card"}},
            {.name = "stats", .help = "what was recalled, what will be due, the hardest cards", .target = &stats_, .basic = true, .without = {"resume-card"}},
            {.name = "resume-card", .help = "take a suspended card up again: a part of its question", .target = &resumed_},
            {.name = "retention", .help = "chance of recall at which a card comes back", .target = &session_.schedule.retention, .low = 0.7, .high = 0.97,
             .without = unplanned},
            {.name = "algorithm", .help = "that plans the intervals", .target = &algorithm_, .choices = {"fsrs", "sm2"}, .without = unplanned},
            {.name = "state", .help = "the file of reviews; the usual one stands in XDG's state folder", .target = &state_},
            {.name = "seed", .help = "of computed cards' numbers and of a cram's order; 0 takes the clock", .target = &seed_, .low = 0, .without = unasked}};
  }

  int run(Console& console) override {
    session_.schedule.algorithm = algorithm_ == "sm2" ? Algorithm::sm2 : Algorithm::fsrs;
    session_.seed = seed_ > 0 ? static_cast<uint64_t>(seed_) : static_cast<uint64_t>(unix_milliseconds());
    std::vector<std::string> names = {first_};
    names.insert(names.end(), rest_.begin(), rest_.end());
    const std::vector<Deck> decks = open_decks(console, names, reversed_);
    const bool only_reads = list_ || stats_ || session_.cram;
    History history(state_.empty() ? History::usual_path() : state_, only_reads && resumed_.empty() ? Access::reading : Access::writing);
    if (!resumed_.empty()) return take_up(console, decks, history);
    if (list_ || stats_) {
      const report::Report r = list_ ? cards_of(decks, history) : statistics(decks, history, unix_milliseconds());
      grim::tell(console, r);
      if (console.json()) console.result(to_json(r));
      return 0;
    }
    if (!only_reads)
      for (const Deck& d : decks) meet(console, history, d);
    Session session(decks, history, session_, unix_milliseconds());
    return practise(console, session, decks);
  }

 private:
  int take_up(Console& console, const std::vector<Deck>& decks, History& history) {
    for (const Deck& d : decks) {
      const auto states = history.states(d.key);
      for (const Card& c : d.cards) {
        const auto s = states.find(c.id);
        if (s == states.end() || !s->second.suspended || folded_text(c.question).find(folded_text(resumed_)) == std::string::npos) continue;
        history.suspend(d.key, c, false);
        console.data("taken up again: " + report::shown(c.question) + "\n");
        return 0;
      }
    }
    throw Error(ErrorKind::input, str("no suspended card has '{}' in its question", resumed_), "--list shows the suspended ones");
  }

  int practise(Console& console, Session& session, const std::vector<Deck>& decks) {
    const Counts counts = session.counts(unix_milliseconds());
    std::string names;
    for (const Deck& d : decks) names += (names.empty() ? "" : ", ") + report::shown(d.name);
    tell(console, str("{}: {} due, {} in learning, {} new{}\n", names, counts.due, counts.learning, counts.fresh,
                     counts.later > 0 ? str(" ({} more another day)", counts.later) : ""));
    const double began = monotonic_seconds();
    std::vector<Json> log;
    bool stopped = false;
    while (!stopped) {
      const auto next = session.next(unix_milliseconds());
      if (!next) break;
      stopped = !one_card(console, session, *next, log);
    }
    const auto seconds = static_cast<int64_t>(monotonic_seconds() - began);
    const int64_t tomorrow = session.due_by(day_start(unix_milliseconds()) + 2 * kDay);
    const auto share = static_cast<double>(session.recalled()) / std::max(1.0, static_cast<double>(session.asked()));
    tell(console, str("\n{}: {} card{} in {}:{:02d}{}; {} due by tomorrow\n", stopped ? "stopped" : "done", session.asked(), session.asked() == 1 ? "" : "s",
                     seconds / 60, seconds % 60, session.asked() > 0 ? str(", {:.0f} % recalled", 100 * share) : "", tomorrow));
    if (!console.json()) return 0;
    Json reviews = Json::array();
    for (const Json& one : log) reviews.push(one);
    console.result(Json::object(
        {{"asked", session.asked()}, {"recalled", session.recalled()}, {"stopped", stopped}, {"due_tomorrow", tomorrow}, {"reviews", reviews}}));
    return 0;
  }

  // With --json stdout belongs to the result, and the learner reads stderr.
  static void tell(Console& console, const std::string& text) {
    if (console.json()) console.say(text.ends_with('\n') ? text.substr(0, text.size() - 1) : text);
    else console.data(text);
  }

  static std::string shown(const Console& console, const std::string& markdown) {
    const std::string text = report::markdown_to_text(markdown, {console.style().width - 2, console.style().styled});
    std::string out;
    for (std::string_view line : lines_in(text)) out.append(line.empty() ? "" : "  ").append(line).append("\n");
    return out.empty() ? "  \n" : out;
  }

  static std::string bold(const Console& console, std::string text) {
    if (!console.style().styled) return text;
    return "\033[1m" + text.insert(text.size() - 1, "\033[22m");
  }

  // "3 of 18"; of a cram only "3".
  std::string place(const Session& session) const {
    const Counts c = session.counts(unix_milliseconds());
    const int64_t all = std::min(session.asked() + c.due + c.learning + c.fresh, session_.most);
    return session_.cram ? str("{}", session.asked() + 1) : str("{} of {}", session.asked() + 1, all);
  }

  static std::string answer_shown(const Console& console, const Card& card, const std::string& said) {
    std::string text = bold(console, shown(console, report::inline_markdown(card.answer)));
    const std::string last = text.substr(text.rfind('\n', text.size() - 2) + 1);
    const bool fits = report::display_width(last) + report::display_width(said) + 2 < static_cast<size_t>(console.style().width);
    text.pop_back();
    return text + (said.empty() ? "" : fits ? "   " + said : "\n  (" + said + ")") + "\n";
  }

  // What was almost right stands beside what is.
  static std::string said_of(const Judged& judged, const std::string& typed) {
    return judged.said.starts_with("almost") ? str("{} in '{}'", judged.said, report::shown(typed)) : judged.said;
  }

  // q, u and s are commands unless they are the answer.
  static bool is_command(const std::string& typed, const Card& card) {
    return (typed == "q" || typed == "u" || typed == "s") && folded_text(card.answer) != typed;
  }

  // false: stop.
  bool one_card(Console& console, Session& session, const Session::Asked& asked, std::vector<Json>& log) {
    const Card card = dealt(*asked.card, session_.seed);
    const std::string question = shown(console, report::inline_markdown(card.question));
    tell(console, str("\n[{}, {}] ", place(session), name_of(asked.state.memory.phase)) + bold(console, question.substr(2)));
    const double began = monotonic_seconds();
    const auto typed = console.ask("your answer (Enter: just look, q: stop): ");
    if (!typed) return false;
    if (is_command(*typed, card)) return command(console, session, asked, *typed, log);
    const Judged judged = judge(*typed, card);
    const auto took = static_cast<int64_t>(1000 * (monotonic_seconds() - began));
    const Concept* const right = correction_of(card);
    const std::string answer = answer_shown(console, card, said_of(judged, *typed));
    tell(console, answer + (card.explanation.empty() ? "" : "\n" + shown(console, mnemonic_first(card.explanation))) +
                      (right ? "\n" + shown(console, str("Often told too simply: grimoire explain {}", right->id)) : ""));
    const Grade suggested = typed->empty() ? Grade::good : judged.suggested;
    const int64_t now = unix_milliseconds();  // of the review, however long the grade takes: what is foreseen holds
    for (;;) {
      const auto word = console.ask(choices(session, asked, suggested, now, console.style().width));
      if (!word) return false;
      if (*word == "q" || *word == "u" || *word == "s") return command(console, session, asked, *word, log);
      if (*word == "e" || *word == "x") {
        tell(console, looked_up(console, right ? right : entry_for(card), *word == "x"));
        continue;
      }
      const Grade grade = word->empty() ? suggested : grade_of(*word);
      if (static_cast<int>(grade) == 0) {
        tell(console, "  a number from 1 to 4, u, s, e, x or q\n");
        continue;
      }
      const Reviewed done = session.grade(asked, grade, now, took);
      if (done.put_aside) tell(console, str("  forgotten {} times: put aside; write it otherwise, or --resume-card takes it up again\n", done.memory.lapses));
      log.push_back(Json::object({{"card", card.id}, {"question", card.question}, {"typed", *typed}, {"grade", name_of(grade)}, {"due", done.memory.due}}));
      return true;
    }
  }

  // The entry, or only the command lines that do it at full size.
  static std::string looked_up(const Console& console, const Concept* entry, bool only_commands) {
    if (!entry) return "  no entry of the glossary speaks of this\n";
    report::Report page = explain(*entry, Inputs(*entry));
    if (only_commands) {
      page.title.clear();
      std::erase_if(page.blocks, [](const report::Block& b) { return !std::holds_alternative<report::Commands>(b); });
      if (page.blocks.empty()) return str("  {}: there is no command to try\n", entry->id);
    }
    return "\n" + to_text(page, console.style()) + "\n";
  }

  bool command(Console& console, Session& session, const Session::Asked& asked, const std::string& letter, std::vector<Json>& log) const {
    if (letter == "q") return false;
    if (letter == "s") {
      session.suspend(asked);
      tell(console, session_.cram ? "  left out\n" : "  put aside; --resume-card takes it up again\n");
    } else if (session.undo()) {
      log.pop_back();
      tell(console, "  the last grade is taken back\n");
    } else {
      tell(console, "  there is no grade to take back\n");
    }
    return true;
  }

  static Grade grade_of(const std::string& word) {
    for (Grade g : {Grade::again, Grade::hard, Grade::good, Grade::easy})
      if (word == name_of(g) || word == std::to_string(static_cast<int>(g))) return g;
    return Grade{};
  }

  std::string choices(const Session& session, const Session::Asked& asked, Grade suggested, int64_t now, int width) const {
    std::vector<std::string> all;
    for (Grade g : {Grade::again, Grade::hard, Grade::good, Grade::easy}) {
      const std::string when = session_.cram ? "" : str(" ({})", duration_text(session.foreseen(asked, g, now).interval));
      all.push_back(str("{} {}{}{}", static_cast<int>(g), name_of(g), when, g == suggested ? " <- Enter" : ""));
    }
    std::string text;
    size_t column = 0;
    for (const std::string& one : all) {
      const bool fits = column + 3 + one.size() <= static_cast<size_t>(width);
      text += (column == 0 ? "" : fits ? "   " : "\n") + one;
      column = column > 0 && fits ? column + 3 + one.size() : one.size();
    }
    return "\n" + text + "\nu undo   s put aside   e entry   x try it   q stop: ";
  }

  std::string first_, state_, resumed_, algorithm_ = "fsrs";
  std::vector<std::string> rest_;
  SessionOptions session_;
  int64_t seed_ = 0;
  bool reversed_ = false, list_ = false, stats_ = false;
};

}  // namespace

std::unique_ptr<Command> make_quiz_command() { return std::make_unique<QuizCommand>(); }

}  // namespace grim
