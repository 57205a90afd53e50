#include "grimoire/learn/history.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

constexpr int64_t kVersion = 1, kApplication = 0x4752494d;  // "GRIM"
constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS card (id TEXT PRIMARY KEY, deck TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL, "
    "introduced INTEGER NOT NULL DEFAULT 0, suspended INTEGER NOT NULL DEFAULT 0, memory TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS review (number INTEGER PRIMARY KEY, card TEXT NOT NULL, time INTEGER NOT NULL, grade INTEGER NOT NULL, "
    "took INTEGER NOT NULL, phase INTEGER NOT NULL, recall REAL NOT NULL, interval INTEGER NOT NULL, algorithm TEXT NOT NULL, "
    "before TEXT NOT NULL, after TEXT NOT NULL, taken_back INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS card_deck ON card (deck);"
    "CREATE INDEX IF NOT EXISTS review_card ON review (card);";

// A memory in the file: its members in the order of Memory, with blanks between them; empty is a new card's.
std::string written(const Memory& m) {
  return str("{} {} {:.17g} {:.17g} {:.17g} {} {} {} {} {} {}", static_cast<int>(m.phase), m.step, m.stability, m.difficulty, m.ease, m.repetitions,
             m.interval, m.last_review, m.due, m.reviews, m.lapses);
}

Memory memory_of(std::string_view text, const std::string& path) {
  Memory m;
  if (text.empty()) return m;
  int phase = 0;
  const char *at = text.data(), *const end = text.data() + text.size();
  const auto read = [&](auto& member) {
    if (at != end && *at == ' ') ++at;
    const auto [next, error] = std::from_chars(at, end, member);
    if (error != std::errc()) throw Error(ErrorKind::input, str("{}: the memory of a card is damaged", path), "restore it from a backup");
    at = next;
  };
  const auto read_all = [&](auto&... members) { (read(members), ...); };
  read_all(phase, m.step, m.stability, m.difficulty, m.ease, m.repetitions, m.interval, m.last_review, m.due, m.reviews, m.lapses);
  m.phase = static_cast<Phase>(std::clamp(phase, 0, 3));
  return m;
}

std::string opened(const std::string& path, Access access) {
  if (access == Access::reading) return exists(path) ? path : ":memory:";
  make_durable_dirs(parent_folder(path));
  return path;
}

}  // namespace

std::string History::usual_path() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state == '/') return std::string(state) + "/grimoire/reviews.sqlite";
  if (const char* home = std::getenv("HOME"); home && *home) return std::string(home) + "/.local/state/grimoire/reviews.sqlite";
  throw Error(ErrorKind::usage, "there is no home folder to keep reviews in", "name a file (" GRIM_SETTING("state") ")");
}

History::History(const std::string& path, Access access)
    : database_(opened(path, access), "restore it from a backup, or name another file (" GRIM_SETTING("state") ")") {
  const auto number = [&](const char* query) {
    Statement s(database_, query);
    s.step();
    return s.integer(0);
  };
  const auto check = [&] {  // the version; 0: empty
    const int64_t version = number("PRAGMA user_version"), application = number("PRAGMA application_id");
    if (application != kApplication && (version != 0 || application != 0 || number("SELECT count(*) FROM sqlite_schema") > 0))
      throw Error(ErrorKind::input, str("{}: a database of another program", path), "name a file of its own (" GRIM_SETTING("state") ")");
    if (version > kVersion) throw Error(ErrorKind::input, str("{}: got version {}, expected at most {}", path, version, kVersion), "a newer program wrote it");
    return version;
  };
  database_.run("PRAGMA cache_size = -32768;");  // KiB: a deck is read more than once
  if (access == Access::reading) {
    if (check() == 0) database_ = Database(":memory:"), database_.run(kTables);
    database_.run("PRAGMA query_only = ON;");
    return;
  }
  {  // nothing is written to a file before it is known to be ours or empty, and two programs that make one wait for each other
    Transaction t(database_);
    if (check() < kVersion) {
      database_.run(kTables);
      database_.run(str("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplication, kVersion).c_str());
      t.commit();
    }
  }
  database_.run("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;");
}

std::unordered_map<std::string, CardState> History::states(const std::string& key) {
  std::unordered_map<std::string, CardState> all;
  Statement s(database_, "SELECT id, memory, introduced, suspended, question FROM card WHERE deck = ?");
  s.bind(key);
  while (s.step()) all[s.text(0)] = {memory_of(s.text(1), database_.path()), s.integer(2), s.integer(3) != 0, s.text(4)};
  return all;
}

CardState History::state(const Card& card) {
  Statement s(database_, "SELECT memory, introduced, suspended, question FROM card WHERE id = ?");
  s.bind(card.id);
  if (!s.step()) return {};
  return {memory_of(s.text(0), database_.path()), s.integer(1), s.integer(2) != 0, s.text(3)};
}

void History::add(const std::string& key, const Card& card) {
  Statement(database_, "INSERT INTO card (id, deck, question, answer) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET question = excluded.question, "
                       "answer = excluded.answer")
      .bind(card.id)
      .bind(key)
      .bind(card.question)
      .bind(folded_text(card.answer))
      .run();
}

Reviewed History::review(const std::string& key, const Card& card, Grade grade, int64_t now, int64_t took, const Schedule& schedule, double fuzz) {
  Transaction t(database_);
  add(key, card);
  const Memory before = state(card).memory, after = reviewed(schedule, before, grade, now, fuzz);
  Statement(database_, "INSERT INTO review (card, time, grade, took, phase, recall, interval, algorithm, before, after) VALUES (?,?,?,?,?,?,?,?,?,?)")
      .bind(card.id)
      .bind(now)
      .bind(static_cast<int64_t>(grade))
      .bind(took)
      .bind(static_cast<int64_t>(before.phase))
      .bind(recall_chance(schedule, before, now))
      .bind(after.interval)
      .bind(std::string_view(schedule.algorithm == Algorithm::fsrs ? "FSRS-6" : "SM-2"))
      .bind(written(before))
      .bind(written(after))
      .run();
  const int64_t number = database_.last_row();
  const bool leech = after.lapses > before.lapses && after.lapses == schedule.leech;
  Statement(database_, "UPDATE card SET memory = ?, introduced = CASE introduced WHEN 0 THEN ? ELSE introduced END, suspended = max(suspended, ?) WHERE id = ?")
      .bind(written(after))
      .bind(now)
      .bind(static_cast<int64_t>(leech))
      .bind(card.id)
      .run();
  t.commit();
  return {after, number, leech};
}

bool History::undo(int64_t number) {
  Transaction t(database_);
  std::string card, before;
  {
    Statement s(database_, "SELECT card, before FROM review WHERE number = ?1 AND taken_back = 0 AND NOT EXISTS "
                           "(SELECT 1 FROM review AS later WHERE later.card = review.card AND later.number > ?1 AND later.taken_back = 0)");
    s.bind(number);
    if (!s.step()) return false;
    card = s.text(0), before = s.text(1);
  }
  Statement(database_, "UPDATE review SET taken_back = 1 WHERE number = ?").bind(number).run();
  const bool first = memory_of(before, database_.path()).phase == Phase::fresh;
  Statement(database_, "UPDATE card SET memory = ?, introduced = CASE ? WHEN 1 THEN 0 ELSE introduced END WHERE id = ?")
      .bind(before)
      .bind(static_cast<int64_t>(first))
      .bind(card)
      .run();
  t.commit();
  return true;
}

void History::suspend(const std::string& key, const Card& card, bool on) {
  Transaction t(database_);
  add(key, card);
  Statement(database_, "UPDATE card SET suspended = ? WHERE id = ?").bind(static_cast<int64_t>(on)).bind(card.id).run();
  t.commit();
}

std::vector<Review> History::reviews(const std::string& key) {
  std::vector<Review> all;
  Statement s(database_, "SELECT review.card, review.time, review.took, review.grade, review.phase, review.recall, review.interval FROM review "
                         "JOIN card ON card.id = review.card WHERE card.deck = ? AND review.taken_back = 0 ORDER BY review.time, review.number");
  s.bind(key);
  while (s.step())
    all.push_back({s.text(0), s.integer(1), s.integer(2), static_cast<Grade>(std::clamp<int64_t>(s.integer(3), 1, 4)),
                   static_cast<Phase>(std::clamp<int64_t>(s.integer(4), 0, 3)), s.real(5), s.integer(6)});
  return all;
}

int64_t day_start(int64_t now) {
  constexpr int64_t kTurn = 4 * 3600;  // seconds after midnight
  const auto shifted = static_cast<std::time_t>(now / 1000 - kTurn);
  std::tm local{};
  localtime_r(&shifted, &local);
  local.tm_hour = 4, local.tm_min = 0, local.tm_sec = 0, local.tm_isdst = -1;
  return static_cast<int64_t>(std::mktime(&local)) * 1000;
}

}  // namespace grim::learn
