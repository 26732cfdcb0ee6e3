// Prints the attack table for a key, a line an attack: its name, the word it is to be refused with (`-`: accepted) and
// the bytes in base64url, separated by tabs.
//
// attack_codes SIGNING-KEY.pem ACTION, with two good codes of that action on standard input, a line each. What the
// bytes must have in common with the cloud's codes is taken from the first.

#include "attack_table.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>

using namespace hotdesk;
using namespace hotdesk::test;

namespace {

std::string base64url_decoded(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string bytes;
    unsigned bits = 0, count = 0;
    for (const char c : text) {
        bits = bits << 6U | static_cast<unsigned>(alphabet.find(c));
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xffU);
    }
    return bytes;
}

void print(const std::vector<Attack>& table, const Good& good) {
    for (const Attack& attack : table)
        if ((attack.kinds & good.kind) != 0 && !attack.white_space)
            std::cout << attack.name << '\t' << (attack.word.empty() ? "-" : attack.word) << '\t'
                      << base64url(attack.make(good)) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    std::string code, other;
    if (arguments.size() != 2 || !std::getline(std::cin, code) || !std::getline(std::cin, other)) {
        std::cerr << "attack_codes SIGNING-KEY.pem ACTION; two good codes on standard input\n";
        return 2;
    }
    std::ifstream file(arguments[0]);
    const Signer signer = Signer::from_pem("", {std::istreambuf_iterator<char>(file), {}});
    const auto first = code.find('.'), second = code.rfind('.');
    const WallTime now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
    for (const Kind kind : {Provision, Update, UpdateApproved, HealthCheck, Deprovision}) {
        if (arguments[1] != action_of(kind)) continue;
        const Good good{signer,
                        kind,
                        base64url_decoded(code.substr(0, first)),
                        base64url_decoded(code.substr(first + 1, second - first - 1)),
                        now,
                        other};
        print(attack_table(), good);
        print(lawful_table(), good);
        return 0;
    }
    std::cerr << "attack_codes: there is no action " << arguments[1] << '\n';
    return 2;
}
