namespace PureClip.Server.Hosting;

/// <summary>Every failure in the words of the endpoint's protocol, in one place.</summary>
internal sealed partial class ErrorHandling(RequestDelegate next, ILogger<ErrorHandling> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http).ConfigureAwait(false);
            if (!http.Response.HasStarted && TextOf(http.Response.StatusCode) is string text && http.Response.ContentLength is null or 0)
                await new Failure(http.Response.StatusCode, text, null, null, null).WriteAsync(http).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            throw; // the client is gone, or its time is up, which is for the time-out to say
        }
        catch (Exception e)
        {
            Failure failure = Failure.Of(e);
            if (failure.IsOurs)
                LogFailure(e, http.Request.Method, http.Request.Path);
            await failure.WriteAsync(http).ConfigureAwait(false);
        }
    }

    /// <summary>What routing, which answers with a status alone, has to say.</summary>
    private static string? TextOf(int status) => status switch
    {
        404 => "There is nothing at this address; /openapi/v1.json lists what there is.",
        405 => "This address does not take this method.",
        415 => "The body has a type that this address does not take; send 'Content-Type: application/json', "
            + "or multipart/form-data for files.",
        _ => null,
    };

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailure(Exception exception, string method, PathString path);
}
