using PureClip.Server.Hosting;

namespace PureClip.Server;

/// <summary>The program: <c>pureclip-server --model DIR</c>.</summary>
internal static class Program
{
    private const int Failed = 1, Misused = 2;

    public static async Task<int> Main(string[] args)
    {
        ServerOptions options;
        try
        {
            CommandLine line = CommandLine.Parse(args);
            if (line.Answer is string answer)
            {
                Console.Out.WriteLine(answer);
                return 0;
            }
            options = line.Options;
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine($"pureclip-server: {e.Message}\nTry 'pureclip-server --help'.");
            return Misused;
        }
        try
        {
            await using WebApplication app = ServerApp.Build(options);
            Readiness readiness = app.Services.GetRequiredService<Readiness>();
            await app.RunAsync().ConfigureAwait(false);
            return readiness.Failure is null ? 0 : Failed;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException)
        {
            // a folder that is not there, a damaged model, an index of another one, a port that is taken
            Console.Error.WriteLine($"pureclip-server: {e.Message}");
            return Failed;
        }
    }
}
