using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace PureClip.Postgres;

/// <summary>
/// The three ways in which people write where a database is, as Npgsql's settings. Source: PostgreSQL's documentation, "Connection Strings"
/// and "Environment Variables" of libpq.
/// </summary>
internal static partial class PostgresAddress
{
    private const string SocketFolder = "/var/run/postgresql";

    private const string Forms = "Give an address, postgres://USER@HOST/DATABASE, Npgsql's keywords, \"Host=HOST;Database=DATABASE\", or "
        + "libpq's, \"host=HOST dbname=DATABASE\".";

    private static readonly string[] Schemes = ["postgres://", "postgresql://"];

    /// <summary>What libpq calls it, and Npgsql.</summary>
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = "Host",
        ["hostaddr"] = "Host",
        ["port"] = "Port",
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["password"] = "Password",
        ["passfile"] = "Passfile",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslnegotiation"] = "SSL Negotiation",
        ["gssencmode"] = "GSS Encryption Mode",
        ["channel_binding"] = "Channel Binding",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["client_encoding"] = "Client Encoding",
        ["options"] = "Options",
        ["target_session_attrs"] = "Target Session Attributes",
    };

    /// <summary>Whether a text is an address with a scheme.</summary>
    public static bool IsUri(string text) => Schemes.Any(scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads any of the three.</summary>
    /// <exception cref="ArgumentException">It is none; the message does not repeat it, as it may hold a password.</exception>
    public static NpgsqlConnectionStringBuilder Read(string text)
    {
        if (text.Length == 0)
            return [];
        if (IsUri(text))
            return Of(PartsOfUri(text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..]));
        // Blanks part what semicolons part elsewhere; a password may hold either.
        if (!KeywordsWithBlanks().IsMatch(text) && (text.Contains(';') || !text.Any(char.IsWhiteSpace)))
            try
            {
                return new(text);
            }
            catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
            {
                throw Unreadable(null);
            }
        return Of(PartsOfKeywords(text));
    }

    /// <summary>Fills in what was not said, as psql does.</summary>
    public static void AddEnvironment(NpgsqlConnectionStringBuilder settings, Func<string, string?> variable)
    {
        string? Variable(string name) => variable(name) is { Length: > 0 } value ? value : null;
        settings.Host ??= Variable("PGHOST") ?? (Directory.Exists(SocketFolder) ? SocketFolder : "localhost");
        if (!settings.ShouldSerialize("Port") && Variable("PGPORT") is string port)
            Set(settings, "port", port);
        settings.Username ??= Variable("PGUSER") ?? Environment.UserName;
        settings.Database ??= Variable("PGDATABASE") ?? settings.Username;
        if (!settings.ShouldSerialize("SSL Mode") && Variable("PGSSLMODE") is string mode)
            Set(settings, "sslmode", mode);
        if (!settings.ShouldSerialize("Application Name"))
            settings.ApplicationName = Variable("PGAPPNAME") ?? "pureclip";
    }

    /// <summary>An address for people, without a password.</summary>
    public static string Describe(NpgsqlConnectionStringBuilder settings)
    {
        StringBuilder address = new("postgres://");
        if (settings.Username is { Length: > 0 } user)
            address.Append(user).Append('@');
        string host = settings.Host ?? "";
        // A folder of sockets, or several hosts with their ports, stands as it is.
        address.Append(host);
        if (!host.Contains(',') && !host.StartsWith('/'))
            address.Append(':').Append(settings.Port.ToString(CultureInfo.InvariantCulture));
        return address.Append('/').Append(settings.Database).ToString();
    }

    private static NpgsqlConnectionStringBuilder Of(IEnumerable<(string Name, string Value)> parts)
    {
        NpgsqlConnectionStringBuilder settings = [];
        foreach ((string name, string value) in parts)
            Set(settings, name, value);
        return settings;
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        try
        {
            string known = Names.GetValueOrDefault(name, name);
            // verify-full is VerifyFull.
            settings[known] = known == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or OverflowException)
        {
            throw Unreadable(name == "password" ? null : $"'{name}' is not known, or has no such value");
        }
    }

    /// <summary>[USER[:PASSWORD]@][HOST[:PORT],…][/DATABASE][?NAME=VALUE&amp;…]</summary>
    private static IEnumerable<(string Name, string Value)> PartsOfUri(string rest)
    {
        (rest, string query) = Split(rest, rest.IndexOf('?'));
        (string authority, string database) = Split(rest, rest.IndexOf('/'));
        int at = authority.LastIndexOf('@');
        string login = at < 0 ? "" : authority[..at];
        (string user, string password) = Split(login, login.IndexOf(':'));
        string hosts = authority[(at + 1)..];
        if (user.Length > 0)
            yield return ("user", Uri.UnescapeDataString(user));
        if (password.Length > 0)
            yield return ("password", Uri.UnescapeDataString(password));
        if (hosts.Contains(','))
            yield return ("host", Uri.UnescapeDataString(hosts)); // with their ports, as Npgsql reads them
        else if (hosts.Length > 0)
        {
            int end = hosts.StartsWith('[') ? hosts.IndexOf(']') + 1 : 0;
            int port = hosts.IndexOf(':', Math.Max(end, 0));
            string host = port < 0 ? hosts : hosts[..port];
            if (host.Length > 0)
                yield return ("host", Uri.UnescapeDataString(host).Trim('[', ']'));
            if (port >= 0 && port + 1 < hosts.Length)
                yield return ("port", hosts[(port + 1)..]);
        }
        if (database.Length > 0)
            yield return ("dbname", Uri.UnescapeDataString(database));
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            (string name, string value) = Split(pair, pair.IndexOf('='));
            yield return (Uri.UnescapeDataString(name), Uri.UnescapeDataString(value));
        }
    }

    /// <summary>NAME = VALUE …, a value with blanks in quotes, a quote or backslash behind a backslash.</summary>
    private static List<(string Name, string Value)> PartsOfKeywords(string text)
    {
        List<(string, string)> parts = [];
        for (int i = 0; i < text.Length;)
        {
            int equals = text.IndexOf('=', i);
            string name = equals < 0 ? "" : text[i..equals].Trim();
            if (name.Length == 0 || name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter != '_'))
                throw Unreadable(null);
            for (i = equals + 1; i < text.Length && text[i] == ' ';)
                i++;
            bool isQuoted = i < text.Length && text[i] == '\'';
            if (isQuoted)
                i++;
            StringBuilder value = new();
            for (; i < text.Length && (isQuoted ? text[i] != '\'' : text[i] != ' '); i++)
            {
                if (text[i] == '\\' && i + 1 < text.Length)
                    i++;
                value.Append(text[i]);
            }
            if (isQuoted && i++ >= text.Length)
                throw Unreadable("a quote is not closed");
            parts.Add((name, value.ToString()));
            while (i < text.Length && text[i] == ' ')
                i++;
        }
        return parts;
    }

    [GeneratedRegex(@"\A\w+\s*=\s*('[^']*'|[^\s;']+)\s+\w+\s*=")]
    private static partial Regex KeywordsWithBlanks();

    private static (string Before, string Behind) Split(string text, int at) => at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);

    private static ArgumentException Unreadable(string? reason) =>
        new($"The address of the database cannot be read{(reason is null ? "" : $": {reason}")}. {Forms}");
}
